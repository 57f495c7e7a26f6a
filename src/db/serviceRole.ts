import { sql } from 'kysely'
import { unusable } from '../domain/errors.ts'
import type { DbOrTx } from './pool.ts'

/** Raised by sql/0012_changes.sql, with a sentence. */
const NOT_FOR_THAT_ROLE = 'SW001'

/**
 * Gives a role exactly what the service needs: see sincewire.grant_service. Throws `unusable` for a role that is not
 * fit for it, or when we are not the owner of our tables.
 */
export async function grantService(db: DbOrTx, role: string): Promise<void> {
  try {
    await sql`select sincewire.grant_service(${role})`.execute(db)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === NOT_FOR_THAT_ROLE)
      throw unusable(error.message)
    throw error
  }
}
