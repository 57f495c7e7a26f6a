import { waitingServices } from '../db/changeLog.ts'
import { openPool, type Db } from '../db/pool.ts'
import { findProcess, noteTrouble } from '../db/process.ts'
import { servicesToRefresh } from '../db/refresh.ts'
import { SincewireError } from '../domain/errors.ts'
import type { Boss } from '../jobs/boss.ts'
import { createDeltaJobs } from '../jobs/delta.ts'
import { createRefreshJobs } from '../jobs/refresh.ts'
import { runDelta } from '../services/delta/run.ts'
import { runRefresh } from '../services/refresh/run.ts'
import type { EngineBase } from './base.ts'

/** The background jobs of one process. */
export interface Background {
  start(): Promise<void>
  /** Something may have been filed. */
  wake(): void
  stop(): Promise<void>
}

/** Deferred capture's delta processes and the refresh requests, on connections of their own. */
export function createBackground(base: EngineBase, boss: Boss): Background {
  const { config, log, databaseUrl } = base
  const pool = openPool({
    url: databaseUrl,
    max: config.jobs.poolSize,
    applicationName: 'sincewire background',
    actor: 'engine',
    onError: (err) => log.warn({ err }, 'a database connection broke'),
  })
  const { db } = pool
  const delta = createDeltas(base, boss, db)
  const refresh = createRefreshes(base, boss, db)
  return {
    async start() {
      await delta.start()
      await refresh.start()
    },
    wake() {
      delta.wake()
      refresh.wake()
    },
    async stop() {
      await Promise.all([delta.stop(), refresh.stop()])
      await pool.close()
    },
  }
}

function createDeltas({ config, log }: EngineBase, boss: Boss, db: Db) {
  const { pollIntervalMilliseconds, tries, retrySeconds } = config.jobs
  const ports = {
    waiting: () => waitingServices(db),
    run: (service: string, signal: AbortSignal) =>
      noting(db, `delta/${service}`, signal, async () => {
        const began = performance.now()
        const done = await runDelta(db, service, { tries, retrySeconds, signal })
        const milliseconds = Math.round(performance.now() - began)
        if (done.taken > 0) log.debug({ service, ...done, milliseconds }, 'delta process')
        if (done.failed > 0) log.warn({ service, failed: done.failed }, 'documents could not be made')
      }),
    onError: (err: unknown, service: string | null) =>
      log.error({ err, service }, 'a delta process could not go on; it tries again'),
  }
  return createDeltaJobs(boss, ports, pollIntervalMilliseconds)
}

function createRefreshes({ config, log }: EngineBase, boss: Boss, db: Db) {
  const ports = {
    waiting: () => servicesToRefresh(db),
    run: (service: string, signal: AbortSignal) =>
      noting(db, 'refresh', signal, async () => {
        const { commitMaxCtr: size, numDataToProcess: share } = await settings(db)
        const outcome = await runRefresh(db, service, { size, share, signal })
        log.debug({ service, outcome }, 'refresh')
        // Somebody captures or rebuilds it by hand: look again later, not at once.
        if (outcome === 'taken') throw new SincewireError('unavailable', `${service} is being worked on`)
      }),
    onError: (err: unknown, service: string | null) =>
      log.error({ err, service }, 'a refresh could not go on; it tries again'),
  }
  return createRefreshJobs(boss, ports, {
    concurrency: async () => (await settings(db)).numThreads,
    pollMilliseconds: config.jobs.pollIntervalMilliseconds,
  })
}

async function settings(db: Db) {
  return (
    (await findProcess(db, 'refresh')) ?? { numThreads: 2, numDataToProcess: 100_000, commitMaxCtr: 5_000 }
  )
}

/** Keeps with the job what its last run failed with. */
async function noting(db: Db, job: string, signal: AbortSignal, run: () => Promise<void>): Promise<void> {
  try {
    await run()
  } catch (error) {
    if (signal.aborted) throw error // it was stopped, nothing is wrong
    const told = error instanceof Error ? error.message : String(error)
    await noteTrouble(db, job, told).catch(() => {}) // the caller tells of the first failure
    throw error
  }
  await noteTrouble(db, job, null)
}
