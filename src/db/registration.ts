import { sql } from 'kysely'
import type { DbOrTx } from './pool.ts'

/**
 * Changes of registrations take turns until the transaction ends: what one call has checked (a free name, a
 * credential in use) still holds when it writes. The engine's saves do not take this lock, only rows.
 */
export async function lockRegistrations(tx: DbOrTx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('sincewire.registration', 0))`.execute(tx)
}

/** Tells every engine at commit that something has become due. */
export async function notifyDue(tx: DbOrTx): Promise<void> {
  await sql`select pg_notify('sincewire_due', '')`.execute(tx)
}
