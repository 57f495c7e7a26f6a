import { randomBytes, randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { pruneAttempts } from '../db/attempt.ts'
import { pruneAudit } from '../db/audit.ts'
import { openPool, type Db, type Pool } from '../db/pool.ts'
import { findService } from '../db/service.ts'
import { Signals } from '../db/signals.ts'
import { nextEngineNumber } from '../db/sweep.ts'
import { pruneTicks } from '../db/tick.ts'
import { windowHref } from '../domain/publishLinks.ts'
import type { Window } from '../domain/window.ts'
import { Engine } from '../engine/engine.ts'
import type { AttemptRecord, Deliver, ReadPage } from '../engine/ports.ts'
import { Runner } from '../engine/runner.ts'
import { sweep } from '../engine/sweep.ts'
import { runTurn } from '../engine/turn.ts'
import { createClient } from '../outbound/client.ts'
import { createDeliver } from '../outbound/deliver.ts'
import { createReadPage } from '../services/publish/index.ts'
import { openTarget } from '../services/listener/openTarget.ts'
import { version } from '../version.ts'
import { startBoss } from '../jobs/boss.ts'
import { schedulePruning } from '../jobs/prune.ts'
import { openTurns } from '../jobs/turns.ts'
import type { Log } from '../log.ts'
import type { Part } from '../parts.ts'
import type { Base } from './base.ts'
import { createSweepStore } from './sweepStore.ts'
import { createTurnStore } from './turnStore.ts'

/** What the engine needs beside the database. */
export interface EngineEdges {
  readonly deliver: Deliver
  readonly readPage: ReadPage
}

/** Between two signs of life to pg-boss, which gives a silent process's jobs away after ten seconds. */
const TOUCH_MILLISECONDS = 3000
const RECONNECT_MILLISECONDS = 1000
const PRUNE_CHUNK = 10_000

/** The engine with its way out and its pages. */
export function createEngine(base: Base): Part {
  const { config, log, engineDb: db, vault } = base
  const { engine } = config
  const client = createClient({
    rules: config.targets,
    connectionsPerHost: engine.perHostConcurrency,
    connectTimeoutMilliseconds: engine.connectTimeoutMilliseconds,
    maxAnswerKilobytes: engine.maxAnswerKilobytes,
    clock: Date.now,
  })
  const deliver = createDeliver({
    client,
    openTarget: (listenerName) => openTarget({ db, vault }, listenerName),
    clock: Date.now,
    requestTimeoutMilliseconds: engine.requestTimeoutMilliseconds,
    version,
    onError: (err) => log.error({ err }, 'a credential could not be read'),
  })
  const readPage = createReadPage({
    db,
    publicUrl: () => base.publicUrl(),
    cacheMegabytes: engine.pageCacheMegabytes,
  })
  const part = enginePart(base, { deliver, readPage })
  const stop = async () => {
    await part.stop()
    await client.close()
  }
  return { ...part, stop }
}

/** The engine as a part of the process: sweep, turns, signals and the hourly pruning. */
export function enginePart(base: Base, edges: EngineEdges): Part {
  const stops: (() => Promise<void>)[] = []
  return {
    name: 'engine',
    async start() {
      try {
        await startEngine(base, edges, stops)
      } catch (error) {
        for (const stop of stops.splice(0).reverse()) await stop()
        throw error
      }
    },
    async stop() {
      for (const stop of stops.splice(0).reverse()) await stop()
    },
  }
}

async function startEngine(base: Base, edges: EngineEdges, stops: (() => Promise<void>)[]): Promise<void> {
  const { config, log, databaseUrl, engineDb } = base
  const turnPool = openTurnPool(base)
  stops.push(() => turnPool.close())
  const boss = await startBoss({
    url: databaseUrl,
    onError: (err) => log.warn({ err }, 'the job queue met trouble'),
  })
  stops.push(() => boss.stop({ graceful: true, timeout: 5000 }))
  const turns = await openTurns(boss)

  const engineNumber = await nextEngineNumber(engineDb)
  const wokenAt = new Map<string, number>()
  const uptime = () => performance.now()
  const store = createTurnStore(turnPool.db, turns, () => engine.sweepSoon())
  const sweepStore = createSweepStore(engineDb, turns)
  const turnPorts = {
    ...edges,
    store,
    retryPolicy: retryPolicy(base),
    keyParts: rememberKeyParts(engineDb),
    publishUrl: (service: string, window: Window) => windowHref(base.publicUrl(), service, window),
    dice: Math.random,
    newToken: randomUUID,
    newCorrelationId: () => randomBytes(12).toString('base64url'),
    engineNumber: () => engineNumber,
    onAttempt: (attempt: AttemptRecord) => {
      base.metrics.attempt(attempt)
      logAttempt(log, attempt)
    },
  }
  const { concurrency, probeConcurrency, perHostConcurrency, turnShareMilliseconds } = config.engine
  const runner = new Runner(
    {
      queue: turns,
      runTurn: (job, giveWay, signal) => runTurn(turnPorts, job, giveWay, signal),
      handBack: (job, milliseconds) => store.handBack(job, milliseconds),
      uptime,
      onError: (err, job) => log.error({ err, listener: job?.listenerName }, 'a turn broke off'),
      onEnd: (job) => {
        // A commit since then woke a sweep that left this listener alone, for it had its turn.
        const { sweptBy } = job
        const since = sweptBy.engine === engineNumber ? sweptBy.at : 0 // another process's clock says nothing here
        if ((wokenAt.get(job.service) ?? -1) >= since) engine.wake(job.service)
      },
    },
    {
      concurrency: { turn: concurrency, probe: probeConcurrency },
      perOrigin: perHostConcurrency,
      turnShareMilliseconds,
    },
  )
  base.metrics.turnsRunning(() => runner.jobs.length)
  const engine = new Engine(
    {
      sweep: async (woken) => {
        const started = uptime()
        const swept = await sweep(sweepStore, config.engine, woken, { engine: engineNumber, at: started })
        base.metrics.swept(swept, (uptime() - started) / 1000)
        return swept
      },
      millisecondsToNext: () => sweepStore.millisecondsToNext(),
      queue: turns,
      runner,
      onError: (err, doing) => log.error({ err, doing }, 'the engine could not go on; it tries again'),
    },
    {
      sweepIntervalMilliseconds: config.engine.sweepIntervalMilliseconds,
      touchIntervalMilliseconds: TOUCH_MILLISECONDS,
    },
  )
  const signals = new Signals({
    url: databaseUrl,
    engineNumber,
    onWake: (service) => {
      wokenAt.set(service, uptime())
      engine.wake(service)
    },
    onDue: () => engine.sweepSoon(),
    onError: (err) => log.warn({ err }, 'the engine lost its listening connection; it connects again'),
    retryMilliseconds: RECONNECT_MILLISECONDS,
  })
  await signals.open()
  stops.push(() => signals.close())
  await schedulePruning(boss, () => prune(base))
  engine.start()
  stops.push(() => engine.stop(AbortSignal.timeout(config.engine.drainMilliseconds)))
}

// Positions may be half a second old after a crash of PostgreSQL: pages are repeated then, never skipped. Not
// waiting for the disk at each page is what lets one listener go at the speed of its receiver.
function openTurnPool({ config, log, databaseUrl }: Base): Pool {
  return openPool({
    url: databaseUrl,
    max: config.database.enginePoolSize,
    applicationName: 'sincewire turns',
    synchronousCommit: 'off',
    onError: (err) => log.warn({ err }, 'a database connection broke'),
  })
}

/** A service's key changes only with a new capture. */
const KEY_PARTS_MILLISECONDS = 10_000

function rememberKeyParts(db: Db): (service: string) => Promise<readonly string[]> {
  const known = new Map<string, { readonly until: number; readonly parts: Promise<readonly string[]> }>()
  return (service) => {
    const held = known.get(service)
    if (held && held.until > performance.now()) return held.parts
    const parts = findService(db, service).then((found) => found?.keyParts ?? [])
    known.set(service, { until: performance.now() + KEY_PARTS_MILLISECONDS, parts })
    parts.catch(() => known.delete(service))
    return parts
  }
}

function retryPolicy({ config }: Base) {
  const { inPlaceRetries, inPlaceDelayMilliseconds, holdBaseSeconds, holdMaxSeconds } = config.engine.retry
  return {
    ...{ inPlaceRetries, inPlaceDelayMilliseconds },
    holdBaseMilliseconds: holdBaseSeconds * 1000,
    holdMaxMilliseconds: holdMaxSeconds * 1000,
  }
}

async function prune({ config, engineDb, log }: Base): Promise<void> {
  const ticks = await pruneTicks(engineDb, config.retention.tickDays)
  let attempts = 0
  for (let went = PRUNE_CHUNK; went === PRUNE_CHUNK; attempts += went) {
    went = await pruneAttempts(engineDb, config.retention.attemptDays, PRUNE_CHUNK)
  }
  let audited = 0
  for (let went = PRUNE_CHUNK; went === PRUNE_CHUNK; audited += went) {
    went = await pruneAudit(engineDb, config.retention.auditDays, PRUNE_CHUNK)
  }
  log.info({ ticks, attempts, audited }, 'pruned')
}

/** One wide line for each delivery attempt. */
function logAttempt(log: Log, { listener, call, sent, succeeded, ...attempt }: AttemptRecord): void {
  const line = {
    listener: listener.listenerName,
    service: listener.service,
    kind: call.kind,
    webhookId: call.webhookId,
    correlationId: call.correlationId,
    url: call.target.url,
    since: attempt.since ?? undefined,
    before: attempt.before ?? undefined,
    records: attempt.recordCount ?? undefined,
    bytes: call.body.length,
    attempt: attempt.attemptNumber,
    status: sent.kind === 'answered' ? sent.status : undefined,
    error: sent.kind === 'failed' ? `${sent.reason}: ${sent.message}` : undefined,
    ms: sent.durationMilliseconds,
  }
  if (succeeded) log.info(line, 'delivered')
  else log.warn(line, 'not delivered')
}
