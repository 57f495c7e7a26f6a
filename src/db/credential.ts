import { sql, type Insertable, type Selectable, type Updateable } from 'kysely'
import type { DbOrTx } from './pool.ts'
import type { CredentialTable } from './tables/credential.ts'

export type CredentialRow = Selectable<CredentialTable>

/** The credential of that name, or undefined; its secret still sealed. */
export function findCredential(db: DbOrTx, name: string): Promise<CredentialRow | undefined> {
  return db
    .selectFrom('sincewire.credential')
    .selectAll()
    .where('credential_name', '=', name)
    .executeTakeFirst()
}

/** Those of the named credentials that exist, without what is in them. */
export function listCredentials(db: DbOrTx, names: readonly string[]) {
  return db
    .selectFrom('sincewire.credential')
    .select(['credential_name', 'heartbeat_interval_hours', 'owner'])
    .where('credential_name', '=', sql<string>`any(${names})`)
    .execute()
}

export async function insertCredential(db: DbOrTx, row: Insertable<CredentialTable>): Promise<void> {
  await db.insertInto('sincewire.credential').values(row).execute()
}

export async function updateCredential(
  db: DbOrTx,
  name: string,
  row: Updateable<CredentialTable>,
): Promise<void> {
  await db.updateTable('sincewire.credential').set(row).where('credential_name', '=', name).execute()
}

export async function deleteCredential(db: DbOrTx, name: string): Promise<void> {
  await db.deleteFrom('sincewire.credential').where('credential_name', '=', name).execute()
}
