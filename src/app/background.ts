import type { PgBoss } from 'pg-boss'
import { waitingServices } from '../db/changeLog.ts'
import { openPool } from '../db/pool.ts'
import { noteTrouble } from '../db/process.ts'
import { createDeltaJobs } from '../jobs/delta.ts'
import { runDelta } from '../services/delta/run.ts'
import type { EngineBase } from './base.ts'

/** The background jobs of one process. */
export interface Background {
  start(): Promise<void>
  /** Something may have been filed. */
  wake(): void
  stop(): Promise<void>
}

/** Deferred capture's delta processes, on connections of their own. */
export function createBackground({ config, log, databaseUrl }: EngineBase, boss: PgBoss): Background {
  const { pollIntervalMilliseconds, poolSize, tries, retrySeconds } = config.jobs
  const pool = openPool({
    url: databaseUrl,
    max: poolSize,
    applicationName: 'sincewire background',
    onError: (err) => log.warn({ err }, 'a database connection broke'),
  })
  const { db } = pool
  const delta = createDeltaJobs(
    boss,
    {
      waiting: () => waitingServices(db),
      async run(service, signal) {
        const began = performance.now()
        const done = await runDelta(db, service, { tries, retrySeconds, signal })
        const milliseconds = Math.round(performance.now() - began)
        if (done.taken > 0) log.debug({ service, ...done, milliseconds }, 'delta process')
        await noteTrouble(db, `delta/${service}`, null)
      },
      onError(err, service) {
        log.error({ err, service }, 'a delta process could not go on; it tries again')
        if (service === null) return
        const told = err instanceof Error ? err.message : String(err)
        void noteTrouble(db, `delta/${service}`, told).catch(() => {}) // the log has it
      },
    },
    pollIntervalMilliseconds,
  )
  return {
    start: () => delta.start(),
    wake: () => delta.wake(),
    async stop() {
      await delta.stop()
      await pool.close()
    },
  }
}
