import type { PgBoss } from 'pg-boss'

/** A process that says nothing for so long has lost its jobs (10 is the least that pg-boss takes). */
const HEARTBEAT_SECONDS = 10
const TOUCH_MILLISECONDS = 3000
/** After a failure of a key: doubling, up to a minute. */
const PAUSE_MILLISECONDS = { least: 1000, most: 60_000 }

/** From now on, also should the clock step back before it is fetched. */
const AT_ONCE = '-1 day'

export interface KeyedPorts {
  /** What there is to do now, by key. */
  readonly waiting: () => Promise<readonly string[]>
  /** Does a part of it. Stops early when the signal is aborted. */
  readonly run: (key: string, signal: AbortSignal) => Promise<void>
  /** What could not be done is tried again after a pause. `key` is null: not even asked. */
  readonly onError: (error: unknown, key: string | null) => void
}

export interface KeyedOptions {
  readonly queue: string
  /** Keys that this process works on at the same time; asked at each look. */
  readonly concurrency: () => number | Promise<number>
  /** Between two looks, when nothing wakes us. */
  readonly pollMilliseconds: number
}

interface Job {
  readonly id: string
  readonly retryCount: number
  readonly key: string
}

/**
 * A queue with at most one job for each key in all processes. What there is to do stands in our own tables, and the
 * job is only the right to do it: one that is lost with its process is queued again, by whoever looks next. So the
 * queue carries no state, and a run of a job need not finish what it found.
 */
export class KeyedJobs {
  readonly #boss: PgBoss
  readonly #ports: KeyedPorts
  readonly #options: KeyedOptions
  readonly #running = new Map<string, { readonly job: Job; readonly done: Promise<void> }>()
  readonly #pauses = new Map<string, { readonly until: number; readonly milliseconds: number }>()
  readonly #stop = new AbortController()
  #wanted = false
  #wake: () => void = () => {}
  #loop: Promise<void> | undefined
  #touching: NodeJS.Timeout | undefined

  constructor(boss: PgBoss, ports: KeyedPorts, options: KeyedOptions) {
    this.#boss = boss
    this.#ports = ports
    this.#options = options
  }

  /** Creates the queue when it is not there, and starts to look. */
  async start(): Promise<void> {
    await this.#boss.createQueue(this.#options.queue, {
      policy: 'exclusive', // one job for each key, waiting or running
      heartbeatSeconds: HEARTBEAT_SECONDS,
      expireInSeconds: 86_400,
      retryLimit: 1_000_000, // never given up: what fails is in our own tables
      retryDelay: 0,
    })
    this.#loop = this.#look()
    this.#touching = setInterval(() => void this.#touch(), TOUCH_MILLISECONDS)
  }

  /** There may be something to do: look now. */
  wake(): void {
    this.#wanted = true
    this.#wake()
  }

  /** Ends what runs at its next stop, and hands the rest back. */
  async stop(): Promise<void> {
    this.#stop.abort()
    this.#wake()
    await this.#loop
    await Promise.all([...this.#running.values()].map(({ done }) => done))
    clearInterval(this.#touching)
  }

  async #look(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#wanted = false
      try {
        await this.#once()
      } catch (error) {
        this.#ports.onError(error, null)
      }
      if (this.#wanted || this.#stop.signal.aborted) continue
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      const timer = setTimeout(resolve, this.#options.pollMilliseconds)
      await promise
      clearTimeout(timer)
    }
  }

  async #once(): Promise<void> {
    const { queue, concurrency } = this.#options
    const keys = (await this.#ports.waiting()).filter((key) => !this.#running.has(key) && !this.#paused(key))
    const free = (await concurrency()) - this.#running.size
    if (keys.length === 0 || free <= 0) return
    await this.#boss.insert(
      queue,
      keys.map((key) => ({ singletonKey: key, startAfter: AT_ONCE, data: { key } })),
    )
    const jobs = await this.#boss.fetch<{ key: string }>(queue, { batchSize: free, includeMetadata: true })
    for (const { id, retryCount, data } of jobs) {
      const job = { id, retryCount, key: data.key }
      this.#running.set(job.key, { job, done: this.#run(job) })
    }
  }

  #paused(key: string): boolean {
    return (this.#pauses.get(key)?.until ?? 0) > performance.now()
  }

  async #run({ id, retryCount, key }: Job): Promise<void> {
    await Promise.resolve() // so that it stands in the map before it can leave it
    try {
      await this.#ports.run(key, this.#stop.signal)
      this.#pauses.delete(key)
    } catch (error) {
      const { least, most } = PAUSE_MILLISECONDS
      const milliseconds = Math.min(most, 2 * (this.#pauses.get(key)?.milliseconds ?? least / 2))
      this.#pauses.set(key, { until: performance.now() + milliseconds, milliseconds })
      if (!this.#stop.signal.aborted) this.#ports.onError(error, key)
    }
    try {
      await this.#boss.deleteJob(this.#options.queue, { id, retryCount })
    } catch (error) {
      this.#ports.onError(error, key) // it comes back when nobody touches it
    } finally {
      this.#running.delete(key)
      this.wake()
    }
  }

  async #touch(): Promise<void> {
    const jobs = [...this.#running.values()].map(({ job: { id, retryCount } }) => ({ id, retryCount }))
    if (jobs.length === 0) return
    try {
      await this.#boss.touch(this.#options.queue, jobs)
    } catch (error) {
      this.#ports.onError(error, null)
    }
  }
}
