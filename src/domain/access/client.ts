import type { ClientRole } from '../caller.ts'
import { toIsoMillis, type Instant } from '../instant.ts'

/** A client as administrators see it; no key is in it. */
export interface Client {
  readonly name: string
  readonly role: ClientRole
  /** null: all. */
  readonly services: readonly string[] | null
  /** Networks that it may call from; null: anywhere. */
  readonly addresses: readonly string[] | null
  /** false: revoked. */
  readonly enabled: boolean
  readonly createdAt: Instant
  readonly keys: readonly ClientKeyInfo[]
}

export interface ClientKeyInfo {
  readonly keyId: string
  readonly createdAt: Instant
  readonly expiresAt: Instant | null
  /** To the minute; null: never. */
  readonly lastUsedAt: Instant | null
  readonly revokedAt: Instant | null
}

/** What can be said of a client beside its name. */
export interface ClientGrant {
  readonly role: ClientRole
  readonly services: readonly string[] | null
  readonly addresses: readonly string[] | null
}

/** The client that the first start makes. */
export const FIRST_CLIENT = 'administrator'

/** SINCEWIRE_ADMIN_KEY's own name, which no client may take. */
export const ADMIN_KEY_CLIENT = 'admin'

/** What is wrong with a client's name, as the end of a sentence that begins with the field. */
export function clientNameFault(name: string): string | undefined {
  if (name.toLowerCase() === ADMIN_KEY_CLIENT) return 'must not be admin: that is SINCEWIRE_ADMIN_KEY’s name'
  return /^[A-Za-z0-9][A-Za-z0-9._@-]{0,99}$/.test(name)
    ? undefined
    : 'must be up to 100 letters, digits, and . _ @ - behind the first'
}

/** What is wrong with a grant as a whole. */
export function grantFault({ role, services }: Pick<ClientGrant, 'role' | 'services'>): string | undefined {
  return services !== null && role !== 'reader' && role !== 'integrator'
    ? `can limit readers and integrators only: an ${role} acts on all services`
    : undefined
}

/** A client as JSON shows it, its moments in milliseconds. */
export function shownClient({ keys, services, addresses, createdAt, ...client }: Client) {
  return {
    ...client,
    services: services && [...services],
    addresses: addresses && [...addresses],
    createdAt: toIsoMillis(createdAt),
    keys: keys.map(({ keyId, ...key }) => ({
      keyId,
      createdAt: toIsoMillis(key.createdAt),
      expiresAt: key.expiresAt && toIsoMillis(key.expiresAt),
      lastUsedAt: key.lastUsedAt && toIsoMillis(key.lastUsedAt),
      revokedAt: key.revokedAt && toIsoMillis(key.revokedAt),
    })),
  }
}
