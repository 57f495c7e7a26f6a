import { sql } from 'kysely'
import type { Instant } from '../domain/instant.ts'
import type { DbOrTx } from './pool.ts'

/**
 * Changes of registrations take turns until the transaction ends: what one call has checked (a free name, a
 * credential in use) still holds when it writes. The engine's saves do not take this lock, only rows.
 * Returns the moment of the change by the database's clock, which is the one that the engine goes by.
 */
export async function lockRegistrations(tx: DbOrTx): Promise<Instant> {
  await sql`select pg_advisory_xact_lock(hashtextextended('sincewire.registration', 0))`.execute(tx)
  const { rows } = await sql<{ now: Instant }>`select clock_timestamp() as now`.execute(tx)
  const [row] = rows
  if (!row) throw new Error('select without from gives one row')
  return row.now
}

/**
 * Runs `work`, which uses other connections, while no registration can be changed; `held` is a connection outside of
 * a transaction. Throws when that connection, and with it the lock, was lost before `end` was called.
 */
export async function whileRegistrationsWait<T>(
  held: DbOrTx,
  work: () => Promise<T>,
  end: () => Promise<void>,
) {
  const key = sql`hashtextextended('sincewire.registration', 0)`
  await sql`select pg_advisory_lock(${key})`.execute(held)
  try {
    const result = await work()
    await sql`select 1`.execute(held)
    await end()
    return result
  } finally {
    await sql`select pg_advisory_unlock(${key})`.execute(held)
  }
}

/** Tells every engine at commit that something has become due. */
export async function notifyDue(tx: DbOrTx): Promise<void> {
  await sql`select pg_notify('sincewire_due', '')`.execute(tx)
}
