import { sql, type Insertable } from 'kysely'
import type { Client, ClientGrant, ClientKeyInfo } from '../domain/access/client.ts'
import type { ClientRole } from '../domain/caller.ts'
import type { Instant } from '../domain/instant.ts'
import type { DbOrTx, Pool } from './pool.ts'
import type { ClientKeyTable } from './tables/client.ts'

/** A key with its client, as of now. */
export interface FoundKey extends ClientGrant {
  readonly clientName: string
  readonly hash: string
  /** Neither is revoked, and the key has not expired by the database's clock. */
  readonly usable: boolean
  /** Its last use is worth writing down again. */
  readonly unwritten: boolean
}

const FIND_KEY = `
  select k.hash, c.client_name as "clientName", c.role, c.services, c.addresses,
    c.enabled and k.revoked_at is null
      and (k.expires_at is null or k.expires_at > clock_timestamp()) as usable,
    k.last_used_at is null or k.last_used_at < clock_timestamp() - interval '1 minute' as unwritten
  from sincewire.client_key k join sincewire.client c on c.client_name = k.client_name
  where k.key_id = $1`

/**
 * One row by its primary key, read at every call: so a revocation holds from the next call on, in every process. Named,
 * so that each connection plans it once: planning it costs several times what running it does.
 */
export async function findKey({ pool }: Pool, keyId: string): Promise<FoundKey | undefined> {
  const { rows } = await pool.query<FoundKey>({ name: 'find_key', text: FIND_KEY, values: [keyId] })
  return rows[0]
}

/** Writes down that a key was used, unless that was done within the last minute. */
export async function noteUse(db: DbOrTx, keyId: string): Promise<void> {
  await sql`
    update sincewire.client_key set last_used_at = clock_timestamp()
    where key_id = ${keyId} and (last_used_at is null or last_used_at < clock_timestamp() - interval '1 minute')
  `.execute(db)
}

/** Changes of clients take turns until the transaction ends. Returns the moment by the database's clock. */
export async function lockClients(tx: DbOrTx): Promise<Instant> {
  await sql`select pg_advisory_xact_lock(hashtextextended('sincewire.client', 0))`.execute(tx)
  const { rows } = await sql<{ now: Instant }>`select clock_timestamp() as now`.execute(tx)
  const [row] = rows
  if (!row) throw new Error('select without from gives one row')
  return row.now
}

/** All clients by name, or the one of that name, with their keys, the oldest first. */
export async function listClients(db: DbOrTx, name?: string): Promise<Client[]> {
  const all = db.selectFrom('sincewire.client').selectAll().orderBy('client_name')
  const allKeys = db
    .selectFrom('sincewire.client_key')
    .select(['client_name', 'key_id', 'created_at', 'expires_at', 'last_used_at', 'revoked_at'])
    .orderBy('created_at')
    .orderBy('key_id')
  const [clients, keys] =
    name === undefined
      ? [await all.execute(), await allKeys.execute()]
      : [
          await all.where('client_name', '=', name).execute(),
          await allKeys.where('client_name', '=', name).execute(),
        ]
  const byClient = Map.groupBy(keys, (key) => key.client_name)
  return clients.map((row) => ({
    name: row.client_name,
    role: row.role,
    services: row.services,
    addresses: row.addresses,
    enabled: row.enabled,
    createdAt: row.created_at,
    keys: (byClient.get(row.client_name) ?? []).map(toInfo),
  }))
}

type KeyRow = Pick<ClientKeyTable, 'key_id' | 'expires_at' | 'last_used_at' | 'revoked_at'> & {
  readonly created_at: Instant
}

function toInfo(row: KeyRow): ClientKeyInfo {
  return {
    keyId: row.key_id,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
  }
}

export async function anyClient(db: DbOrTx): Promise<boolean> {
  const row = await db.selectFrom('sincewire.client').select('client_name').limit(1).executeTakeFirst()
  return row !== undefined
}

/** Writes a client, new or as it is to be from now on, and enabled. */
export async function putClient(tx: DbOrTx, name: string, grant: ClientGrant): Promise<void> {
  const row: { role: ClientRole; services: string[] | null } = {
    role: grant.role,
    services: grant.services && [...grant.services],
  }
  // network(): a host's bits behind the prefix are no mistake worth refusing
  const addresses = sql<string[] | null>`(
    select array_agg(network(a::inet)) from unnest(${grant.addresses}::text[]) a
  )`
  await tx
    .insertInto('sincewire.client')
    .values({ client_name: name, ...row, addresses, enabled: true })
    .onConflict((conflict) =>
      conflict.column('client_name').doUpdateSet({ ...row, addresses, enabled: true }),
    )
    .execute()
}

export async function insertKey(tx: DbOrTx, row: Insertable<ClientKeyTable>): Promise<void> {
  await tx.insertInto('sincewire.client_key').values(row).execute()
}

export async function disableClient(tx: DbOrTx, name: string): Promise<void> {
  await tx.updateTable('sincewire.client').set({ enabled: false }).where('client_name', '=', name).execute()
}

/** Revokes a client's keys, or the one of them. */
export async function revokeKeys(tx: DbOrTx, name: string, now: Instant, keyId?: string): Promise<void> {
  const all = tx
    .updateTable('sincewire.client_key')
    .set({ revoked_at: now })
    .where('client_name', '=', name)
    .where('revoked_at', 'is', null)
  await (keyId === undefined ? all : all.where('key_id', '=', keyId)).execute()
}

/** Lets a client's keys end then, unless they end before. */
export async function endKeys(tx: DbOrTx, name: string, at: Instant): Promise<void> {
  await tx
    .updateTable('sincewire.client_key')
    .set({ expires_at: sql<Instant>`least(expires_at, ${at}::timestamptz)` })
    .where('client_name', '=', name)
    .where('revoked_at', 'is', null)
    .execute()
}
