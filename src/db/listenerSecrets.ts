import { sql, type Selectable } from 'kysely'
import type { Instant } from '../domain/instant.ts'
import type { DbOrTx } from './pool.ts'
import type { ListenerTable } from './tables/listener.ts'

/** A sealed value and the master key that sealed it. */
export interface Sealed {
  readonly bytes: Buffer
  readonly keyId: string
}

/** A key that was replaced: it signs beside its successor until then. */
export interface Replaced extends Sealed {
  readonly until: Instant
}

/** The secrets in a listener's row, sealed, with what may be known of them. */
export interface StoredSecrets {
  readonly signingSecret: Sealed | null
  readonly previousSecret: Replaced | null
  readonly privateKey: (Sealed & { readonly publicKey: string }) | null
  readonly previousPrivateKey: Replaced | null
  /** Of the listener's own headers. */
  readonly headers: (Sealed & { readonly names: readonly string[] }) | null
}

export const NO_SECRETS: StoredSecrets = {
  signingSecret: null,
  previousSecret: null,
  privateKey: null,
  previousPrivateKey: null,
  headers: null,
}

export const SECRET_COLUMNS = [
  'signing_secret', 'signing_key_id', 'previous_secret', 'previous_secret_key_id', 'previous_secret_until',
  'private_key', 'private_key_key_id', 'public_key',
  'previous_private_key', 'previous_private_key_key_id', 'previous_private_key_until',
  'headers', 'headers_key_id', 'header_names',
] as const satisfies readonly (keyof ListenerTable)[] // prettier-ignore

export type SecretColumns = Pick<Selectable<ListenerTable>, (typeof SECRET_COLUMNS)[number]>

/** The secrets of a row. */
export function toSecrets(row: SecretColumns): StoredSecrets {
  const secret = sealed(row.signing_secret, row.signing_key_id)
  const before = sealed(row.previous_secret, row.previous_secret_key_id)
  const key = sealed(row.private_key, row.private_key_key_id)
  const keyBefore = sealed(row.previous_private_key, row.previous_private_key_key_id)
  const headers = sealed(row.headers, row.headers_key_id)
  return {
    signingSecret: secret,
    previousSecret: before && { ...before, until: row.previous_secret_until ?? '' },
    privateKey: key && { ...key, publicKey: row.public_key ?? '' },
    previousPrivateKey: keyBefore && { ...keyBefore, until: row.previous_private_key_until ?? '' },
    headers: headers && { ...headers, names: row.header_names },
  }
}

/** The columns as JSON that PostgreSQL reads into a row. */
export function secretColumns(secrets: StoredSecrets): Record<keyof SecretColumns, unknown> {
  const { signingSecret, previousSecret, privateKey, previousPrivateKey, headers } = secrets
  return {
    signing_secret: hex(signingSecret),
    signing_key_id: signingSecret?.keyId ?? null,
    previous_secret: hex(previousSecret),
    previous_secret_key_id: previousSecret?.keyId ?? null,
    previous_secret_until: previousSecret?.until ?? null,
    private_key: hex(privateKey),
    private_key_key_id: privateKey?.keyId ?? null,
    public_key: privateKey?.publicKey ?? null,
    previous_private_key: hex(previousPrivateKey),
    previous_private_key_key_id: previousPrivateKey?.keyId ?? null,
    previous_private_key_until: previousPrivateKey?.until ?? null,
    headers: hex(headers),
    headers_key_id: headers?.keyId ?? null,
    header_names: headers?.names ?? [],
  }
}

/** Forgets replaced keys that sign no more; returns how many listeners had one. */
export async function dropEndedKeys(db: DbOrTx): Promise<number> {
  const { numAffectedRows } = await sql`
    update sincewire.listener set
      (previous_secret, previous_secret_key_id, previous_secret_until) =
        (select previous_secret, previous_secret_key_id, previous_secret_until where previous_secret_until > now()),
      (previous_private_key, previous_private_key_key_id, previous_private_key_until) =
        (select previous_private_key, previous_private_key_key_id, previous_private_key_until
         where previous_private_key_until > now())
    where previous_secret_until <= now() or previous_private_key_until <= now()`.execute(db)
  return Number(numAffectedRows ?? 0)
}

// The table's checks hold value and key id together.
function sealed(bytes: Buffer | null, keyId: string | null): Sealed | null {
  return bytes === null || keyId === null ? null : { bytes, keyId }
}

function hex(value: Sealed | null): string | null {
  return value && `\\x${value.bytes.toString('hex')}`
}
