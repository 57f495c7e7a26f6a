import { setTimeout as delay } from 'node:timers/promises'
import type { Runner } from './runner.ts'
import type { Swept } from './sweep.ts'
import type { SweepStore, SweptBy, TurnJob, TurnQueue } from './ports.ts'

export interface EngineOptions {
  /** No other process of this database has it. */
  readonly engineNumber: number
  /** Between two sweeps, when nothing is due earlier. */
  readonly sweepIntervalMilliseconds: number
  /** Between two signs of life to the queue. */
  readonly touchIntervalMilliseconds: number
}

export interface EnginePorts {
  readonly sweep: (woken: readonly string[], sweptBy: SweptBy) => Promise<Swept>
  /** Frees the turns of processes that died. */
  readonly reclaim: () => Promise<number>
  readonly millisecondsToNext: () => Promise<number | null>
  /** Of the woken services, those with a change in the millisecond to which the tick was cut. */
  readonly changedInTheSameMillisecond: SweepStore['changedInTheSameMillisecond']
  readonly queue: TurnQueue
  readonly runner: Runner
  /** Milliseconds, monotonic. */
  readonly uptime: () => number
  readonly onError: (error: unknown, doing: string) => void
}

/** Just over a millisecond: a tick's before is cut to it, so a change of the same millisecond needs the next. */
const SAME_MILLISECOND = 2

/** Between the starts of two sweeps, however many listeners fall due and however many commits wake us. */
const SHORTEST_PERIOD = 10

/**
 * The engine of one process: sweeps, about once a second or sooner when something is due or was woken, and
 * has the runner fetch what was queued. Trouble (a database that is away) is told and tried again at the next sweep.
 */
export class Engine {
  readonly #ports: EnginePorts
  readonly #options: EngineOptions
  #woken = new Set<string>()
  /** When each service was last woken. */
  readonly #wokenAt = new Map<string, number>()
  #wanted = false
  #reclaimedAt = -Infinity
  #wake: () => void = () => {}
  #loop: Promise<void> | null = null
  #touching: NodeJS.Timeout | undefined
  #stopped = false

  constructor(ports: EnginePorts, options: EngineOptions) {
    this.#ports = ports
    this.#options = options
  }

  start(): void {
    this.#loop = this.#run()
    this.#touching = setInterval(() => void this.#touch(), this.#options.touchIntervalMilliseconds)
  }

  /** A commit changed this service: its listeners of a short interval want to know at once. */
  wake(service: string): void {
    this.#noteWake(service)
    this.sweepSoon()
  }

  /** A commit since the sweep that queued this turn woke sweeps that left its listener alone: now it is free. */
  turnEnded({ service, sweptBy }: TurnJob): void {
    // Another process's clock says nothing here: look, if the service was ever woken.
    const since = sweptBy.engine === this.#options.engineNumber ? sweptBy.at : 0
    if ((this.#wokenAt.get(service) ?? -1) < since) return
    this.#woken.add(service)
    this.sweepSoon()
  }

  /** Something became due. */
  sweepSoon(): void {
    this.#wanted = true
    this.#wake()
  }

  /** Stops sweeping, lets the calls under way end until `deadline` is aborted, and hands the rest back. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopped = true
    this.#wake()
    await this.#loop
    await this.#ports.runner.drain(deadline)
    clearInterval(this.#touching)
  }

  #noteWake(service: string): void {
    this.#wokenAt.set(service, this.#ports.uptime())
    this.#woken.add(service)
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const resting = delay(SHORTEST_PERIOD)
      const pause = await this.#once()
      if (pause !== SAME_MILLISECOND) await resting
      await this.#pause(pause)
    }
  }

  /** Sweeps and dispatches; returns how long to wait for the next. */
  async #once(): Promise<number> {
    const woken = [...this.#woken]
    this.#woken.clear()
    this.#wanted = false
    try {
      const sweptBy = { engine: this.#options.engineNumber, at: this.#ports.uptime() }
      await this.#reclaim()
      const { tick } = await this.#ports.sweep(woken, sweptBy)
      // Not awaited: fetching what was queued and sweeping again do not wait for each other.
      void this.#ports.runner.dispatch()
      const again = await this.#ports.changedInTheSameMillisecond(woken, tick)
      // As if woken now: a turn queued by this very sweep has not seen that change either.
      for (const service of again) this.#noteWake(service)
      if (again.length > 0) return SAME_MILLISECOND
      const next = (await this.#ports.millisecondsToNext()) ?? Infinity
      return Math.min(this.#options.sweepIntervalMilliseconds, Math.max(SHORTEST_PERIOD, next))
    } catch (error) {
      this.#ports.onError(error, 'sweep')
      for (const service of woken) this.#woken.add(service)
      return this.#options.sweepIntervalMilliseconds
    }
  }

  /** Once in a sweep interval, however often commits wake us. */
  async #reclaim(): Promise<void> {
    const now = this.#ports.uptime()
    if (now - this.#reclaimedAt < this.#options.sweepIntervalMilliseconds) return
    this.#reclaimedAt = now
    await this.#ports.reclaim()
  }

  async #pause(milliseconds: number): Promise<void> {
    if (this.#wanted || this.#stopped) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    const timer = setTimeout(resolve, milliseconds)
    await promise
    clearTimeout(timer)
  }

  async #touch(): Promise<void> {
    const jobs: readonly TurnJob[] = this.#ports.runner.jobs
    if (jobs.length === 0) return
    try {
      await this.#ports.queue.touch(jobs)
    } catch (error) {
      this.#ports.onError(error, 'touch')
    }
  }
}
