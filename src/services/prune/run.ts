import { pruneAttempts } from '../../db/attempt.ts'
import { logAction } from '../../db/change.ts'
import { pruneAudit } from '../../db/audit.ts'
import { pruneHistory } from '../../db/changeLog.ts'
import { dropEndedKeys } from '../../db/listenerSecrets.ts'
import type { Db } from '../../db/pool.ts'
import { findProcess } from '../../db/process.ts'
import { pruneRequests } from '../../db/refresh.ts'
import { listServices } from '../../db/service.ts'
import { pruneTicks } from '../../db/tick.ts'
import { pruneTombstones } from '../../db/tombstone.ts'

/** How long things are kept, in days. */
export interface Retention {
  readonly attemptDays: number
  readonly auditDays: number
  readonly tickDays: number
  readonly tombstoneDays: number
  /** Prune deleted records also where a listener's since is older. */
  readonly tombstonesDespiteListeners: boolean
  readonly historyDays: number
  readonly requestDays: number
}

/** How many of each kind went. */
export type Pruned = Readonly<
  Record<'ticks' | 'attempts' | 'audited' | 'tombstones' | 'history' | 'requests' | 'signingKeys', number>
>

/**
 * Removes what is older than it must be kept, as the job's settings steer it: commitMaxCtr rows a transaction, at most
 * numDataToProcess of each kind a run. What is left over goes with the next run.
 */
export async function prune(db: Db, retention: Retention): Promise<Pruned> {
  const { commitMaxCtr = 10_000, numDataToProcess = 1_000_000 } = (await findProcess(db, 'prune')) ?? {}
  const chunks = (work: (atMost: number) => Promise<number>, most = numDataToProcess) =>
    inChunks(commitMaxCtr, most, work)
  const keepsRequests = (await findProcess(db, 'refresh'))?.archive === true
  const limit = {
    olderThanDays: retention.tombstoneDays,
    despiteListeners: retention.tombstonesDespiteListeners,
  }
  let tombstones = 0
  for (const { name } of await listServices(db)) {
    tombstones += await chunks(
      (atMost) => pruneTombstones(db, name, limit, atMost),
      numDataToProcess - tombstones,
    )
  }
  return {
    ticks: await pruneTicks(db, retention.tickDays),
    attempts: await chunks((atMost) => pruneAttempts(db, retention.attemptDays, atMost)),
    audited: await chunks((atMost) => pruneAudit(db, retention.auditDays, atMost)),
    tombstones,
    history: await chunks((atMost) => pruneHistory(db, retention.historyDays, atMost)),
    requests: keepsRequests ? 0 : await chunks((atMost) => pruneRequests(db, retention.requestDays, atMost)),
    signingKeys: await dropEndedKeys(db),
  }
}

/** The same because somebody asks: that is logged, the hourly work is not. */
export async function pruneNow(db: Db, retention: Retention): Promise<Pruned> {
  const pruned = await prune(db, retention)
  await logAction(db, { objectKind: 'retention', objectName: '', operation: 'PRUNE', told: pruned })
  return pruned
}

async function inChunks(
  size: number,
  most: number,
  work: (atMost: number) => Promise<number>,
): Promise<number> {
  let total = 0
  while (total < most) {
    const atMost = Math.min(size, most - total)
    const went = await work(atMost)
    total += went
    if (went < atMost) break
  }
  return total
}
