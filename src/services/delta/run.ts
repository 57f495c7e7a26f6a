import { limitLockWait } from '../../db/capture/objects.ts'
import { readBacklog, takeKeys, type Taken, type TakeRequest } from '../../db/changeLog.ts'
import type { Db } from '../../db/pool.ts'
import { findProcess } from '../../db/process.ts'
import { patiently } from '../capture/patience.ts'

export interface DeltaOptions {
  /** A document that cannot be made is tried so often before it is set aside ... */
  readonly tries: number
  /** ... the second time after so many seconds, then twice as long each time. */
  readonly retrySeconds: number
  /** Stops between two transactions. */
  readonly signal?: AbortSignal
}

/** Above PostgreSQL's deadlock_timeout: takers wait for each other's turns, and not for long. */
const LOCK_WAIT_MS = 5000

/**
 * One run of a service's delta process, as its settings steer it: takers side by side bring the change rows of at most
 * numDataToProcess logged keys in line with the source, commitMaxCtr of them in each transaction. Returns what all of
 * them did. Throws what stops the whole process, e.g. a view that no longer fits its tables; documents that cannot be
 * made are set aside instead.
 */
export async function runDelta(db: Db, service: string, options: DeltaOptions): Promise<Taken> {
  const settings = await findProcess(db, `delta/${service}`)
  const total = { taken: 0, changed: 0, failed: 0 }
  if (!settings) return total // uncaptured, or inline by now
  const { numThreads, numDataToProcess, commitMaxCtr, archive } = settings
  const { signal, ...policy } = options
  const { waiting } = await readBacklog(db, service, numThreads * commitMaxCtr)
  const takers = Math.max(1, Math.ceil(waiting / commitMaxCtr))
  const troubles: unknown[] = []
  let left = numDataToProcess
  const taker = async (): Promise<void> => {
    while (left > 0 && troubles.length === 0 && !signal?.aborted) {
      const size = Math.min(commitMaxCtr, left)
      left -= size
      const done = await takeOnce(db, service, { size, archive, ...policy }, signal)
      left += Math.max(0, size - done.taken)
      total.taken += done.taken
      total.changed += done.changed
      total.failed += done.failed
      if (done.taken < size) return
    }
  }
  // Each ends before a failure of one is told: their transactions are still under way.
  await Promise.all(
    Array.from({ length: takers }, () => taker().catch((error: unknown) => void troubles.push(error))),
  )
  if (troubles.length > 0) throw troubles[0]
  return total
}

async function takeOnce(
  db: Db,
  service: string,
  request: TakeRequest,
  signal: AbortSignal | undefined,
): Promise<Taken> {
  const attempt = () =>
    db
      .transaction()
      .setIsolationLevel('read committed')
      .execute(async (tx) => {
        await limitLockWait(tx, LOCK_WAIT_MS)
        return takeKeys(tx, service, request)
      })
  return patiently(attempt, {
    told: `The records of ${service} were never free for its delta process.`,
    signal,
  })
}
