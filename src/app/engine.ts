import { performance } from 'node:perf_hooks'
import { openPool, type Pool } from '../db/pool.ts'
import { Signals } from '../db/signals.ts'
import { ENGINE_LOCK_CLASS, nextEngineNumber } from '../db/sweep.ts'
import { reserveTurns } from '../db/turn.ts'
import { Engine } from '../engine/engine.ts'
import type { Deliver, TurnStore } from '../engine/ports.ts'
import { Runner, type RunnerPorts } from '../engine/runner.ts'
import { sweep, type Swept } from '../engine/sweep.ts'
import { runTurn } from '../engine/turn.ts'
import { startBoss } from '../jobs/boss.ts'
import { schedulePruning } from '../jobs/prune.ts'
import { openTurns, type Turns } from '../jobs/turns.ts'
import { createDeliver } from '../outbound/deliver.ts'
import type { Part } from '../parts.ts'
import { openTarget } from '../services/listener/openTarget.ts'
import { createReadPage } from '../services/publish/index.ts'
import { version } from '../version.ts'
import { createBackground } from './background.ts'
import type { EngineBase } from './base.ts'
import { openClient } from './client.ts'
import { everyHour } from './hourly.ts'
import { createSweepStore } from './sweepStore.ts'
import { createTurnPorts } from './turnPorts.ts'
import { createTurnStore } from './turnStore.ts'

/** Between two signs of life to pg-boss, which gives a silent process's jobs away after ten seconds. */
const TOUCH_MILLISECONDS = 3000
const RECONNECT_MILLISECONDS = 1000

/** The engine as a part of the process: sweep, turns, signals and the hourly pruning. */
export function createEngine(base: EngineBase): Part {
  const stops: (() => Promise<void>)[] = []
  const stop = async () => {
    for (const each of stops.splice(0).reverse()) await each()
  }
  return {
    name: 'engine',
    async start() {
      try {
        await startEngine(base, stops)
      } catch (error) {
        await stop()
        throw error
      }
    },
    stop,
  }
}

/** The way out: calls, with the listener's credential and signature. */
function openWayOut(base: EngineBase): { readonly deliver: Deliver; close(): Promise<void> } {
  const { config, log, engineDb: db, vault } = base
  const { engine } = config
  const client = openClient(config)
  const deliver = createDeliver({
    client,
    openTarget: (listenerName) => openTarget({ db, vault }, listenerName),
    clock: Date.now,
    requestTimeoutMilliseconds: engine.requestTimeoutMilliseconds,
    version,
    onError: (err) => log.error({ err }, 'a credential could not be read'),
  })
  return { deliver, close: () => client.close() }
}

async function startEngine(base: EngineBase, stops: (() => Promise<void>)[]): Promise<void> {
  const { config, log, databaseUrl, engineDb } = base
  const { deliver, close } = openWayOut(base)
  stops.push(close)
  const { pageCacheMegabytes: cacheMegabytes } = config.engine
  const readPage = createReadPage({ db: engineDb, publicUrl: () => base.publicUrl(), cacheMegabytes })
  const engineNumber = await nextEngineNumber(engineDb)
  const turnPool = openTurnPool(base, engineNumber)
  stops.push(() => turnPool.close())
  const onError = (err: Error) => log.warn({ err }, 'the job queue met trouble')
  const boss = await startBoss({ url: databaseUrl, onError })
  stops.push(() => boss.stop({ graceful: true, timeout: 5000 }))
  const queue = await openTurns(boss, turnPool.db, (tx, jobs) => reserveTurns(tx, engineNumber, jobs))
  let tick: Swept['tick'] = new Map()
  const store = createTurnStore(turnPool.db, queue, {
    engine: engineNumber,
    latestTick: (service) => tick.get(service) ?? null,
    onSoon: () => engine.sweepSoon(),
  })
  const turnPorts = createTurnPorts(base, { deliver, readPage, store })
  const engine: Engine = createLoop(base, {
    ...{ queue, store, engineNumber },
    onTick: (taken) => void (tick = taken),
    runTurn: (job, giveWay, signal) => runTurn(turnPorts, job, giveWay, signal),
  })
  const signals = new Signals({
    ...{ url: databaseUrl, engineNumber, retryMilliseconds: RECONNECT_MILLISECONDS },
    onWake: (service) => engine.wake(service),
    onDue: () => engine.sweepSoon(),
    onJobs: () => background.wake(),
    onError: (err) => log.warn({ err }, 'the engine lost its listening connection; it connects again'),
  })
  const background = createBackground(base, boss)
  stops.push(() => background.stop())
  await background.start()
  await signals.open()
  stops.push(() => signals.close())
  await schedulePruning(boss, () => everyHour(base))
  engine.start()
  stops.push(() => engine.stop(AbortSignal.timeout(config.engine.drainMilliseconds)))
}

interface LoopParts {
  readonly queue: Turns
  readonly store: TurnStore
  readonly engineNumber: number
  /** Told of each tick that no crash can forget. */
  readonly onTick: (tick: Swept['tick']) => void
  readonly runTurn: RunnerPorts['runTurn']
}

/** Sweeps and slots around the turns. */
function createLoop(base: EngineBase, parts: LoopParts): Engine {
  const { queue, store, engineNumber, runTurn: run } = parts
  const { config, log, engineDb, metrics } = base
  const { concurrency, probeConcurrency, perHostConcurrency, turnShareMilliseconds } = config.engine
  const sweepStore = createSweepStore(engineDb, queue)
  const uptime = () => performance.now()
  const runner = new Runner(
    {
      ...{ queue, uptime, runTurn: run },
      handBack: (job, milliseconds) => store.handBack(job, milliseconds),
      onError: (err, job) => log.error({ err, listener: job?.listenerName }, 'a turn broke off'),
      onEnd: (job) => engine.turnEnded(job),
    },
    {
      concurrency: { turn: concurrency, probe: probeConcurrency },
      ...{ perOrigin: perHostConcurrency, turnShareMilliseconds },
    },
  )
  metrics.turnsRunning(() => runner.jobs.length)
  const engine: Engine = new Engine(
    {
      ...{ queue, runner, uptime },
      sweep: async (woken, sweptBy) => {
        const swept = await sweep(sweepStore, config.engine, woken, sweptBy)
        if (swept.flushed) parts.onTick(swept.tick)
        metrics.swept(swept, (uptime() - sweptBy.at) / 1000)
        return swept
      },
      reclaim: () => sweepStore.reclaim(),
      millisecondsToNext: () => sweepStore.millisecondsToNext(),
      changedInTheSameMillisecond: (woken, tick) => sweepStore.changedInTheSameMillisecond(woken, tick),
      onError: (err, doing) => log.error({ err, doing }, 'the engine could not go on; it tries again'),
    },
    {
      ...{ engineNumber, touchIntervalMilliseconds: TOUCH_MILLISECONDS },
      sweepIntervalMilliseconds: config.engine.sweepIntervalMilliseconds,
    },
  )
  return engine
}

// Positions may be half a second old after a crash of PostgreSQL: pages are repeated then, never skipped. Not
// waiting for the disk at each page is what lets one listener go at the speed of its receiver.
function openTurnPool({ config, log, databaseUrl }: EngineBase, engineNumber: number): Pool {
  return openPool({
    url: databaseUrl,
    max: config.database.enginePoolSize,
    // Of those that show that this process lives, one at least, beside the one that listens.
    min: 1,
    sharedLock: [ENGINE_LOCK_CLASS, engineNumber],
    applicationName: 'sincewire turns',
    actor: 'engine',
    synchronousCommit: 'off',
    onError: (err) => log.warn({ err }, 'a database connection broke'),
  })
}
