import { judgeFailure } from '../../db/capture/failure.ts'
import { withServiceLock } from '../../db/capture/lock.ts'
import { dropObjects } from '../../db/capture/objects.ts'
import { deleteService, findStored } from '../../db/capture/stored.ts'
import type { Db } from '../../db/pool.ts'
import { briefly } from './install.ts'
import { refuse, taken } from './refuse.ts'

/**
 * Ends the publishing of a captured table: drops its triggers, functions, change table and registration as a
 * service. The table itself stays as it is. Throws `refused` when it is not captured or while a listener is
 * registered for it, `unavailable` when writers leave no gap.
 */
export async function uncaptureTable(db: Db, service: string, signal?: AbortSignal): Promise<void> {
  const outcome = await withServiceLock(db, service, async (connection) => {
    const stored = await findStored(connection, service)
    if (!stored?.capture) {
      throw refuse(service, 'uncaptured', [stored ? 'it is not captured' : 'there is no such service'])
    }
    try {
      await briefly(connection, service, signal, async (tx) => {
        await dropObjects(tx, service)
        await deleteService(tx, service)
      })
    } catch (error) {
      if (judgeFailure(error) !== 'in use') throw error
      throw refuse(service, 'uncaptured', ['a listener is registered for it: delete that first'])
    }
  })
  if (outcome === 'taken') throw taken(service)
}
