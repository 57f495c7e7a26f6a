import type { TurnJob, TurnQueue, TurnQueueName } from './ports.ts'

export interface RunnerOptions {
  /** Turns at a time in this process, for each lane. */
  readonly concurrency: Readonly<Record<TurnQueueName, number>>
  /** Turns at a time towards one origin. */
  readonly perOrigin: number
  /** After so long a turn gives way when others wait. */
  readonly turnShareMilliseconds: number
}

export interface RunnerPorts {
  readonly queue: TurnQueue
  readonly runTurn: (job: TurnJob, giveWay: () => boolean, signal: AbortSignal) => Promise<void>
  /** Hands a job back without a turn: its origin has all the calls it may have. */
  readonly handBack: (job: TurnJob, milliseconds: number) => Promise<void>
  /** Milliseconds, monotonic. */
  readonly uptime: () => number
  readonly onError: (error: unknown, job: TurnJob | null) => void
  /** A turn ended. */
  readonly onEnd: (job: TurnJob) => void
}

const LANES: readonly TurnQueueName[] = ['turn', 'probe']

/** Jobs that wait here for their origin, at most, as a multiple of the lane's slots. */
const PARKING = 4

/** When to try again a job for which there was not even a place to wait. */
const ORIGIN_BUSY_MILLISECONDS = 1000

/**
 * Runs turns in bounded slots. A job whose origin is busy waits beside the slots, not in one, so that one slow
 * receiver host never takes them from the others; when too many wait, further ones go back to the queue.
 */
export class Runner {
  readonly #ports: RunnerPorts
  readonly #options: RunnerOptions
  readonly #running = new Map<string, TurnJob>()
  readonly #parked: TurnJob[] = []
  readonly #perOrigin = new Map<string, number>()
  readonly #more: Record<TurnQueueName, boolean> = { turn: false, probe: false }
  readonly #hard = new AbortController()
  #stopping = false
  readonly #turns = new Set<Promise<void>>()
  #dispatching: Promise<void> | null = null
  #again = false

  constructor(ports: RunnerPorts, options: RunnerOptions) {
    this.#ports = ports
    this.#options = options
  }

  /** Fetches as many jobs as there are free slots. Calls made meanwhile lead to one more round. */
  dispatch(): Promise<void> {
    this.#again = true
    this.#dispatching ??= this.#rounds().finally(() => (this.#dispatching = null))
    return this.#dispatching
  }

  /** Jobs held by this process, running or waiting for their origin. */
  get jobs(): readonly TurnJob[] {
    return [...this.#running.values(), ...this.#parked]
  }

  /**
   * No new turns; running ones end after the call they are in, or without it once `deadline` is aborted. Resolves
   * when all have ended.
   */
  async drain(deadline: AbortSignal): Promise<void> {
    this.#stopping = true
    deadline.addEventListener('abort', () => this.#hard.abort(), { once: true })
    await this.#dispatching
    await Promise.allSettled(this.#parked.splice(0).map((job) => this.#ports.handBack(job, 0)))
    await Promise.allSettled(this.#turns)
  }

  async #rounds(): Promise<void> {
    while (this.#again && !this.#stopping) {
      this.#again = false
      for (const lane of LANES) await this.#fetchLane(lane)
    }
  }

  async #fetchLane(lane: TurnQueueName): Promise<void> {
    const free = this.#options.concurrency[lane] - this.#count(this.#running.values(), lane)
    if (free <= 0) return
    try {
      const jobs = await this.#ports.queue.fetch(lane, free)
      this.#more[lane] = jobs.length === free
      for (const job of jobs) this.#place(job)
    } catch (error) {
      this.#ports.onError(error, null)
    }
  }

  #place(job: TurnJob): void {
    if (this.#stopping) return this.#track(this.#ports.handBack(job, 0), job)
    if (this.#originFree(job)) return this.#start(job)
    if (this.#count(this.#parked, job.queue) < this.#options.concurrency[job.queue] * PARKING) {
      this.#parked.push(job)
      this.#again = true // its slot is free for another origin
    } else {
      this.#track(this.#ports.handBack(job, ORIGIN_BUSY_MILLISECONDS), job)
    }
  }

  #start(job: TurnJob): void {
    const startedAt = this.#ports.uptime()
    this.#running.set(job.id, job)
    this.#perOrigin.set(job.origin, (this.#perOrigin.get(job.origin) ?? 0) + 1)
    const giveWay = () =>
      this.#stopping ||
      (this.#othersWait(job.queue) && this.#ports.uptime() - startedAt > this.#options.turnShareMilliseconds)
    const turn = this.#ports.runTurn(job, giveWay, this.#hard.signal).finally(() => {
      this.#running.delete(job.id)
      this.#leaveOrigin(job.origin)
      this.#ports.onEnd(job)
      this.#unpark()
      // Otherwise the queue was empty, and the next sweep asks again.
      if (this.#more[job.queue] && !this.#stopping) void this.dispatch()
    })
    this.#track(turn, job)
  }

  #unpark(): void {
    const index = this.#parked.findIndex((job) => this.#originFree(job) && this.#slotFree(job.queue))
    const [job] = index < 0 || this.#stopping ? [] : this.#parked.splice(index, 1)
    if (job) this.#start(job)
  }

  #track(work: Promise<void>, job: TurnJob): void {
    const tracked = work
      .catch((error: unknown) => this.#ports.onError(error, job))
      .finally(() => this.#turns.delete(tracked))
    this.#turns.add(tracked)
  }

  #originFree(job: TurnJob): boolean {
    return (this.#perOrigin.get(job.origin) ?? 0) < this.#options.perOrigin
  }

  #slotFree(lane: TurnQueueName): boolean {
    return this.#count(this.#running.values(), lane) < this.#options.concurrency[lane]
  }

  #leaveOrigin(origin: string): void {
    const left = (this.#perOrigin.get(origin) ?? 1) - 1
    if (left > 0) this.#perOrigin.set(origin, left)
    else this.#perOrigin.delete(origin)
  }

  #othersWait(lane: TurnQueueName): boolean {
    return this.#more[lane] || this.#count(this.#parked, lane) > 0
  }

  #count(jobs: Iterable<TurnJob>, lane: TurnQueueName): number {
    let n = 0
    for (const job of jobs) if (job.queue === lane) n += 1
    return n
  }
}
