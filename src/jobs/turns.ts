import { fromKysely, type PgBoss } from 'pg-boss'
import type { Db, DbOrTx } from '../db/pool.ts'
import type { SweptBy, TurnJob, TurnQueue, TurnQueueName } from '../engine/ports.ts'

const QUEUES: readonly TurnQueueName[] = ['turn', 'probe']

/** A process that says nothing for so long has lost its jobs (10 is the least that pg-boss takes). */
const HEARTBEAT_SECONDS = 10

/** From now on, also should the clock step back before it is fetched. */
const AT_ONCE = '-1 day'

interface TurnData {
  readonly listenerName: string
  readonly service: string
  readonly origin: string
  readonly sweptBy: SweptBy
}

export interface Turns extends TurnQueue {
  /** Queues turns in the caller's transaction. One that has a job already, waiting or running, gets no other. */
  insert(tx: DbOrTx, turns: readonly (TurnData & { readonly queue: TurnQueueName })[]): Promise<void>
  /** Removes a job in the caller's transaction; a job taken over by somebody else is left alone. */
  remove(tx: DbOrTx, job: TurnJob): Promise<void>
  /** Removes jobs whose process died, in the caller's transaction. */
  removeOrphans(
    tx: DbOrTx,
    orphans: readonly { readonly queue: string; readonly job: string }[],
  ): Promise<void>
}

/** Told of fetched jobs in the transaction that fetches them. */
export interface OnFetched {
  (tx: DbOrTx, jobs: readonly TurnJob[]): Promise<void>
}

/** The queues of turns, created when they do not exist yet. Jobs carry a listener's name and nothing of its state. */
export async function openTurns(boss: PgBoss, db: Db, onFetched: OnFetched): Promise<Turns> {
  for (const queue of QUEUES) {
    await boss.createQueue(queue, {
      policy: 'exclusive', // one job for each key, waiting or running: never two turns for one listener
      heartbeatSeconds: HEARTBEAT_SECONDS,
      expireInSeconds: 86_400,
      retryLimit: 1_000_000, // a turn is never given up: what fails is the delivery, and that is in the listener's row
      retryDelay: 0,
      retentionSeconds: 30 * 86_400,
    })
  }
  return {
    async insert(tx, turns) {
      for (const [queue, jobs] of Map.groupBy(turns, (turn) => turn.queue)) {
        await boss.insert(
          queue,
          jobs.map(({ listenerName, service, origin, sweptBy }) => ({
            singletonKey: listenerName,
            startAfter: AT_ONCE,
            data: { listenerName, service, origin, sweptBy },
          })),
          { db: fromKysely(tx) },
        )
      }
    },
    async fetch(queue, atMost) {
      return db.transaction().execute(async (tx) => {
        const options = { batchSize: atMost, includeMetadata: true, db: fromKysely(tx) } as const
        const jobs = (await boss.fetch<TurnData>(queue, options)).map(
          ({ id, retryCount, data }): TurnJob => ({ id, attempt: retryCount, queue, ...data }),
        )
        if (jobs.length > 0) await onFetched(tx, jobs)
        return jobs
      })
    },
    async touch(jobs) {
      for (const [queue, mine] of Map.groupBy(jobs, (job) => job.queue)) {
        await boss.touch(
          queue,
          mine.map(({ id, attempt }) => ({ id, retryCount: attempt })),
        )
      }
    },
    async remove(tx, { queue, id, attempt }) {
      await boss.deleteJob(queue, { id, retryCount: attempt }, { db: fromKysely(tx) })
    },
    async removeOrphans(tx, orphans) {
      for (const [queue, mine] of Map.groupBy(orphans, (orphan) => orphan.queue)) {
        await boss.deleteJob(
          queue,
          mine.map(({ job }) => job),
          { db: fromKysely(tx) },
        )
      }
    },
  }
}
