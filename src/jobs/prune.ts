import type { PgBoss } from 'pg-boss'

const QUEUE = 'prune'

/** Runs `prune` once an hour in one of the processes; what it throws is told by pg-boss as an error. */
export async function schedulePruning(boss: PgBoss, prune: () => Promise<void>): Promise<void> {
  await boss.createQueue(QUEUE, { policy: 'singleton', retryLimit: 0, deleteAfterSeconds: 86_400 })
  await boss.work(QUEUE, { pollingIntervalSeconds: 30 }, prune)
  await boss.schedule(QUEUE, '17 * * * *', null, { tz: 'UTC' })
}
