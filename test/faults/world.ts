import { mkdtempSync, chmodSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeDataFolder } from '../../src/db/embedded/index.ts'
import { openPool } from '../../src/db/pool.ts'
import { captureTable } from '../../src/services/capture/index.ts'
import { dice, SCHEMA } from '../e2e/workload.ts'
import { anyCredential, manageListener } from '../support/api.ts'
import { FaultLog } from './faults.ts'
import { FEED_NAMES, FEEDS, type Feed } from './feeds.ts'
import { GOOD, type Manner } from './manners.ts'
import { Member } from './member.ts'
import { freePort, Postgres } from './postgres.ts'
import { Proxy } from './proxy.ts'
import { Receiver } from './receiver.ts'
import { Signal } from './signal.ts'
import { Writers } from './writers.ts'

export interface WorldOptions {
  readonly seed: number
  readonly engines?: number
  readonly writers?: number
  /** Of the PAYLOAD listeners of each service; one EVENT listener comes along. */
  readonly pageLimits?: readonly number[]
  /** Where PostgreSQL keeps its files; default: in the world's folder. Whatever it makes it defers the end of. */
  readonly postgresFolder?: (world: World) => string
  readonly postgresSettings?: Readonly<Record<string, string>>
  /** Called when the tables are captured and before anybody is registered. */
  readonly beforeServices?: (world: World) => Promise<void>
}

/** The sender's deadline for a call, here. */
export const REQUEST_MILLISECONDS = 1000

/** The whole service as processes on a PostgreSQL of its own, with writers and receivers, all of it in our hands. */
export class World implements AsyncDisposable {
  readonly faults = new FaultLog()
  readonly arrivals = new Signal()
  readonly random: () => number
  readonly receivers: Receiver[] = []
  readonly engines: Member[] = []
  /** How receivers treat calls from now on; drawn for each call with the receiver's own dice. */
  manner: (random: () => number) => Manner = () => GOOD
  /** The one that is in service: a failover changes it. */
  postgres: Postgres
  readonly folder: string
  api!: Member
  apiUrl = ''
  /** Between the service and PostgreSQL. */
  line!: Proxy
  /** Between writers and PostgreSQL: its weather is always fair. */
  front!: Proxy
  writers: Writers | undefined
  readonly #options: WorldOptions
  readonly #undo = new AsyncDisposableStack()

  private constructor(options: WorldOptions) {
    this.#options = options
    this.random = dice(options.seed)
    this.folder = mkdtempSync(join(tmpdir(), 'sincewire-faults-'))
    chmodSync(this.folder, 0o711)
    this.#undo.defer(() => rmSync(this.folder, { recursive: true, force: true }))
    const home = options.postgresFolder?.(this) ?? join(this.folder, 'postgresql')
    this.#undo.defer(() => removeDataFolder(home))
    this.postgres = Postgres.make(home, options.postgresSettings)
  }

  /** Everything runs and is quiet when this resolves. */
  static async open(options: WorldOptions): Promise<World> {
    const world = new World(options)
    try {
      await world.#open()
      return world
    } catch (error) {
      await world[Symbol.asyncDispose]()
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#undo.disposeAsync()
  }

  /** Ended with the world, the last one first. */
  defer(work: () => unknown): void {
    this.#undo.defer(async () => void (await work()))
  }

  get members(): readonly Member[] {
    return [this.api, ...this.engines]
  }

  /** One of them, by the world's dice. */
  pick<T>(all: readonly T[]): T {
    return all[Math.floor(this.random() * all.length)]!
  }

  /** By the world's dice. */
  between(least: number, most: number): number {
    return Math.round(least + this.random() * (most - least))
  }

  startWriters(): void {
    const url = () => this.postgres.url('sincewire', this.front.port)
    this.writers = new Writers(url, this.#options.writers ?? 4, this.#options.seed)
  }

  async #open(): Promise<void> {
    const { postgres } = this
    await postgres.start()
    this.defer(() => this.postgres.stop())
    await postgres.run('postgres', 'create database sincewire')
    const target = () => (this.postgres.isUp ? this.postgres.port : undefined)
    this.line = await Proxy.start(target)
    this.defer(() => this.line.close())
    this.front = await Proxy.start(target)
    this.defer(() => this.front.close())
    await this.#startApi()
    await this.#capture()
    await this.#options.beforeServices?.(this)
    await this.#register()
    const engines = Array.from({ length: this.#options.engines ?? 2 }, (_, i) =>
      this.#member(`engine ${i + 1}`),
    )
    this.engines.push(...engines)
    await Promise.all(engines.map((engine) => engine.start()))
  }

  async #startApi(): Promise<void> {
    const port = await freePort()
    this.apiUrl = `http://127.0.0.1:${port}`
    this.api = this.#member('api', { SINCEWIRE_PORT: String(port) })
    await this.api.start()
  }

  #member(name: string, more: Readonly<Record<string, string>> = {}): Member {
    const member = new Member(name, name === 'api' ? 'api' : 'engine', {
      DATABASE_URL: this.postgres.url('sincewire', this.line.port),
      SINCEWIRE_DATA_DIR: join(this.folder, name.replace(' ', '')),
      SINCEWIRE_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      SINCEWIRE_PUBLIC_URL: this.apiUrl,
      SINCEWIRE_TARGETS_ALLOW_HTTP: '127.0.0.1',
      SINCEWIRE_ENGINE_SWEEP_INTERVAL_MILLISECONDS: '100',
      SINCEWIRE_ENGINE_REQUEST_TIMEOUT_MILLISECONDS: String(REQUEST_MILLISECONDS),
      SINCEWIRE_ENGINE_CONNECT_TIMEOUT_MILLISECONDS: '500',
      SINCEWIRE_ENGINE_RETRY_IN_PLACE_DELAY_MILLISECONDS: '50',
      SINCEWIRE_ENGINE_RETRY_HOLD_BASE_SECONDS: '1',
      SINCEWIRE_ENGINE_RETRY_HOLD_MAX_SECONDS: '2',
      ...more,
    })
    this.defer(() => member.kill())
    return member
  }

  async #capture(): Promise<void> {
    await this.postgres.run('sincewire', SCHEMA)
    const pool = openPool({ url: this.postgres.url('sincewire'), max: 2, applicationName: 'faults' })
    try {
      for (const feed of FEED_NAMES) await captureTable(pool.db, FEEDS[feed].capture)
    } finally {
      await pool.close()
    }
  }

  async #register(): Promise<void> {
    const credentialName = await anyCredential(this.apiUrl)
    const limits = [...(this.#options.pageLimits ?? [3, 20, 1000]), 'EVENT' as const]
    for (const feed of FEED_NAMES) {
      for (const limit of limits) {
        const receiver = await this.#receiver(feed, limit)
        await manageListener(this.apiUrl, {
          ...{ service: feed, listenerName: receiver.listenerName, credentialName, intervalSeconds: 1 },
          listenerUrl: `${receiver.url}/hook`,
          ...(limit === 'EVENT' ? { includePayload: 'N' } : { includePayload: 'Y', pageLimit: limit }),
        })
      }
    }
  }

  async #receiver(feed: Feed, limit: number | 'EVENT'): Promise<Receiver> {
    const random = dice(this.#options.seed * 100 + this.receivers.length)
    const receiver = new Receiver({
      ...{ feed, listenerName: `${feed} ${limit}`, arrivals: this.arrivals, dice: random },
      requestMilliseconds: REQUEST_MILLISECONDS,
      draw: () => this.manner(random),
    })
    await receiver.open()
    this.defer(() => receiver.close())
    this.receivers.push(receiver)
    return receiver
  }
}
