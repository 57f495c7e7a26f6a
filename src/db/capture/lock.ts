import { sql } from 'kysely'
import type { Db } from '../pool.ts'

/** Beside the engine's class: see sweep.ts. */
const CAPTURE_LOCK_CLASS = 7_469_214

/**
 * Runs `work` on one connection that holds the service's lock, so that of two who capture, rebuild or drop a
 * service one wins; 'taken' when somebody else holds it. The lock ends with the connection, even by a crash.
 */
export async function withServiceLock<T>(
  db: Db,
  service: string,
  work: (connection: Db) => Promise<T>,
): Promise<T | 'taken'> {
  return db.connection().execute(async (connection) => {
    const { rows } = await sql<{ won: boolean }>`
      select pg_try_advisory_lock(${CAPTURE_LOCK_CLASS}, hashtext(${service})) as won`.execute(connection)
    if (!rows[0]?.won) return 'taken'
    try {
      return await work(connection)
    } finally {
      await sql`select pg_advisory_unlock(${CAPTURE_LOCK_CLASS}, hashtext(${service}))`
        .execute(connection)
        .catch(() => {}) // the connection is gone, and the lock with it
    }
  })
}
