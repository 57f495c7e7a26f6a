import { pruneChanges } from '../../db/change.ts'
import type { Db } from '../../db/pool.ts'
import { SincewireError } from '../../domain/errors.ts'

/**
 * Removes entries of the log of changes that are older than so many days; returns how many. Throws `forbidden` for the
 * service's own role, which may only read: a service that could forget could be made to.
 */
export async function pruneChangeLog(db: Db, olderThanDays: number): Promise<number> {
  try {
    return await pruneChanges(db, olderThanDays)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === '42501')) throw error
    throw new SincewireError('forbidden', 'Only the owner of the log of changes may remove entries from it.')
  }
}
