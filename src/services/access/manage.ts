import {
  anyClient,
  disableClient,
  endKeys,
  insertKey,
  listClients,
  lockClients,
  putClient,
  revokeKeys,
} from '../../db/client.ts'
import type { Db, DbOrTx } from '../../db/pool.ts'
import {
  clientNameFault,
  FIRST_CLIENT,
  grantFault,
  type Client,
  type ClientGrant,
} from '../../domain/access/client.ts'
import { formatClientKey, makeClientKey } from '../../domain/access/clientKey.ts'
import { invalidField, notFound, refused } from '../../domain/errors.ts'
import { addMillis, type Instant } from '../../domain/instant.ts'
import type { KeyHasher } from '../../secrets/keyHash.ts'

export interface ClientDeps {
  readonly db: Db
  readonly hasher: KeyHasher
  readonly random: (size: number) => Buffer
}

/** A client with a key that was made just now: shown this once. */
export interface WithKey {
  readonly client: Client
  readonly key: string
}

export interface NewClient extends ClientGrant {
  readonly name: string
  readonly expiresAt: Instant | null
}

/**
 * Adds a client with its first key. The name of a revoked one may be taken again: it owns what that one owned. Throws
 * `invalid` for a name or a grant that cannot be, `refused` when the name is taken.
 */
export async function addClient(
  deps: ClientDeps,
  { name, expiresAt, ...grant }: NewClient,
): Promise<WithKey> {
  const nameFault = clientNameFault(name)
  if (nameFault !== undefined) throw invalidField('name', nameFault, name)
  checkGrant(grant)
  return withNewKey(deps, name, expiresAt, async (tx) => {
    const [known] = await listClients(tx, name)
    if (known?.enabled) throw refused([`there is a client ${name} already`])
    await putClient(tx, name, grant)
  })
}

/** Changes what a client may do, from its next call on; what is not given stays. */
export async function changeClient(
  { db }: Pick<ClientDeps, 'db'>,
  name: string,
  change: Partial<ClientGrant>,
): Promise<Client> {
  return db.transaction().execute(async (tx) => {
    await lockClients(tx)
    const { role, services, addresses } = await findEnabled(tx, name)
    const grant = { role, services, addresses, ...change }
    checkGrant(grant)
    await putClient(tx, name, grant)
    return one(tx, name)
  })
}

export interface Rotation {
  readonly expiresAt: Instant | null
  /** How long the keys so far go on; 0: not at all. */
  readonly overlapSeconds: number
}

/** Gives a client a new key; those that it has end. */
export function rotateKey(deps: ClientDeps, name: string, rotation: Rotation): Promise<WithKey> {
  const { expiresAt, overlapSeconds } = rotation
  return withNewKey(deps, name, expiresAt, async (tx, now) => {
    await findEnabled(tx, name)
    if (overlapSeconds === 0) await revokeKeys(tx, name, now)
    else await endKeys(tx, name, addMillis(now, overlapSeconds * 1000))
  })
}

/** Ends a client with all its keys, or only the one key, from the next call on. */
export async function revokeClient(
  { db }: Pick<ClientDeps, 'db'>,
  name: string,
  keyId?: string,
): Promise<Client> {
  return db.transaction().execute(async (tx) => {
    const now = await lockClients(tx)
    const { keys } = await one(tx, name)
    if (keyId !== undefined && !keys.some((key) => key.keyId === keyId)) {
      throw invalidField('keyId', `is not a key of ${name}`, keyId)
    }
    await revokeKeys(tx, name, now, keyId)
    if (keyId === undefined) await disableClient(tx, name)
    return one(tx, name)
  })
}

/**
 * Makes an administrator when there is no client at all, and gives its key. Undefined: there is one, or another
 * process that starts at the same time was faster.
 */
export async function makeFirstClient({ db, hasher, random }: ClientDeps): Promise<string | undefined> {
  if (await anyClient(db)) return undefined // without scrypt: so it is at nearly every start
  const key = makeClientKey(random)
  const hash = await hasher.hash(key.secret)
  return db.transaction().execute(async (tx) => {
    await lockClients(tx)
    if (await anyClient(tx)) return undefined
    await putClient(tx, FIRST_CLIENT, { role: 'admin', services: null, addresses: null })
    await insertKey(tx, { key_id: key.keyId, client_name: FIRST_CLIENT, hash })
    return formatClientKey(key)
  })
}

/** Runs `prepare` and adds a key, in one transaction. The hash is made before it: it takes longer than all the rest. */
async function withNewKey(
  { db, hasher, random }: ClientDeps,
  name: string,
  expiresAt: Instant | null,
  prepare: (tx: DbOrTx, now: Instant) => Promise<void>,
): Promise<WithKey> {
  const key = makeClientKey(random)
  const hash = await hasher.hash(key.secret)
  const client = await db.transaction().execute(async (tx) => {
    const now = await lockClients(tx)
    if (expiresAt !== null && expiresAt <= now) throw invalidField('expiresAt', 'must lie in the future')
    await prepare(tx, now)
    await insertKey(tx, { key_id: key.keyId, client_name: name, hash, expires_at: expiresAt })
    return one(tx, name)
  })
  return { client, key: formatClientKey(key) }
}

async function one(tx: DbOrTx, name: string): Promise<Client> {
  const [client] = await listClients(tx, name)
  if (!client) throw notFound(`There is no client ${name}`)
  return client
}

async function findEnabled(tx: DbOrTx, name: string): Promise<Client> {
  const client = await one(tx, name)
  if (!client.enabled) throw refused([`client ${name} is revoked: add it again`])
  return client
}

function checkGrant(grant: ClientGrant): void {
  const fault = grantFault(grant)
  if (fault !== undefined) throw invalidField('services', fault)
}
