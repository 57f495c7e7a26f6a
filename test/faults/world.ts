import { mkdtempSync, chmodSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeDataFolder } from '../../src/db/embedded/index.ts'
import { openPool } from '../../src/db/pool.ts'
import { dice, SCHEMA } from '../e2e/workload.ts'
import { manageListener } from '../support/api.ts'
import { cleanUp } from '../support/cleanUp.ts'
import { PLAIN, type Door } from './door.ts'
import { FaultLog } from './faults.ts'
import { FEED_NAMES, FEEDS, type Feed } from './feeds.ts'
import { GOOD, type Manner } from './manners.ts'
import { Embedded } from './embedded.ts'
import { Member, type MemberOptions } from './member.ts'
import { captureOf, launcherOf } from './release.ts'
import { freePort, Postgres, type Server } from './postgres.ts'
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
  /** How receivers are reached; default: plain HTTP on this machine. */
  readonly door?: (world: World) => Door | Promise<Door>
  /** Where PostgreSQL keeps its files; default: in the world's folder. Whatever it makes it defers the end of. */
  readonly postgresFolder?: (world: World) => string
  readonly postgresSettings?: Readonly<Record<string, string>>
  /** One process with the PostgreSQL that it brings, instead of engines and API on one of ours. */
  readonly embedded?: boolean
  /** The folder of another release, which the service is of until it is upgraded. */
  readonly release?: (world: World) => string
  /** Variables for one of the processes: a member's name, or `postgres`. */
  readonly surroundings?: (world: World, process: string) => Readonly<Record<string, string>>
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
  /** Promises that a scenario saw broken. */
  readonly broken: string[] = []
  /** How receivers treat calls from now on; drawn for each call with the receiver's own dice. */
  manner: (random: () => number) => Manner = () => GOOD
  /** The one that is in service: a failover changes it. */
  postgres!: Server
  readonly folder: string
  door: Door = PLAIN
  api!: Member
  apiUrl = ''
  /** Between the service and PostgreSQL. */
  line!: Proxy
  /** Between writers and PostgreSQL: its weather is always fair. */
  front!: Proxy
  writers: Writers | undefined
  /** The folder of the release that was opened, if it is not this one. */
  readonly release: string | undefined
  readonly #options: WorldOptions
  readonly #decks = new Map<unknown, unknown[]>()
  readonly #undo = new AsyncDisposableStack()

  private constructor(options: WorldOptions) {
    this.#options = options
    this.random = dice(options.seed)
    this.folder = mkdtempSync(join(tmpdir(), 'sincewire-faults-'))
    chmodSync(this.folder, 0o711)
    this.#undo.defer(() => rmSync(this.folder, { recursive: true, force: true }))
    this.release = options.release?.(this)
  }

  /** Everything runs and is quiet when this resolves. */
  static async open(options: WorldOptions): Promise<World> {
    const world = new World(options)
    cleanUp(() => world[Symbol.asyncDispose]()) // should whoever made it not come to its end
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

  /** One of them like a card of a shuffled deck: each comes once before any comes again. */
  deal<T>(all: readonly T[]): T {
    const deck = this.#decks.get(all) ?? []
    this.#decks.set(all, deck)
    if (deck.length === 0) deck.push(...all)
    return deck.splice(Math.floor(this.random() * deck.length), 1)[0] as T
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
    this.door = (await this.#options.door?.(this)) ?? PLAIN
    const target = () => (this.postgres.isUp ? this.postgres.port : undefined)
    this.line = await Proxy.start(target)
    this.defer(() => this.line.close())
    this.front = await Proxy.start(target)
    this.defer(() => this.front.close())
    const port = await freePort()
    this.apiUrl = `http://127.0.0.1:${port}`
    if (this.#options.embedded) await this.#openEmbedded(port)
    else await this.#openPostgres(port)
    await this.#capture()
    await this.#options.beforeServices?.(this)
    await this.#register()
    if (this.#options.embedded) return
    const names = Array.from({ length: this.#options.engines ?? 2 }, (_, i) => `engine ${i + 1}`)
    this.engines.push(...names.map((name) => this.#member(name, 'engine')))
    await Promise.all(this.engines.map((engine) => engine.start()))
  }

  async #openPostgres(port: number): Promise<void> {
    const home = this.#options.postgresFolder?.(this) ?? join(this.folder, 'postgresql')
    this.defer(() => removeDataFolder(home))
    const surroundings = this.#options.surroundings?.(this, 'postgres')
    this.postgres = Postgres.make(home, this.#options.postgresSettings, surroundings)
    this.defer(() => this.postgres.stop())
    await this.postgres.start()
    await this.postgres.run('postgres', 'create database sincewire')
    this.api = this.#member('api', 'api', { SINCEWIRE_PORT: String(port) })
    await this.api.start()
  }

  async #openEmbedded(port: number): Promise<void> {
    const dataDir = join(this.folder, 'service')
    this.defer(() => removeDataFolder(dataDir))
    this.api = this.#member('service', 'all', { SINCEWIRE_PORT: String(port), SINCEWIRE_DATA_DIR: dataDir })
    this.postgres = new Embedded(dataDir, this.api)
    await this.api.start()
  }

  #member(name: string, role: MemberOptions['role'], more: Readonly<Record<string, string>> = {}): Member {
    const env = {
      ...(role === 'all' ? {} : { DATABASE_URL: this.postgres.url('sincewire', this.line.port) }),
      SINCEWIRE_DATA_DIR: join(this.folder, name.replace(' ', '')),
      SINCEWIRE_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      SINCEWIRE_PUBLIC_URL: this.apiUrl,
      SINCEWIRE_ENGINE_SWEEP_INTERVAL_MILLISECONDS: '100',
      SINCEWIRE_ENGINE_REQUEST_TIMEOUT_MILLISECONDS: String(REQUEST_MILLISECONDS),
      SINCEWIRE_ENGINE_CONNECT_TIMEOUT_MILLISECONDS: '500',
      SINCEWIRE_ENGINE_RETRY_IN_PLACE_DELAY_MILLISECONDS: '50',
      SINCEWIRE_ENGINE_RETRY_HOLD_BASE_SECONDS: '1',
      SINCEWIRE_ENGINE_RETRY_HOLD_MAX_SECONDS: '2',
      ...this.door.env,
      ...this.#options.surroundings?.(this, name),
      ...more,
    }
    const launcher = this.release && launcherOf(this.release)
    const member = new Member(name, { role, env, within: this.door.within, launcher })
    this.defer(() => member.kill())
    return member
  }

  async #capture(): Promise<void> {
    await this.postgres.run('sincewire', SCHEMA)
    const { captureTable } = await captureOf(this.release)
    const pool = openPool({ url: this.postgres.url('sincewire'), max: 2, applicationName: 'faults' })
    try {
      for (const feed of FEED_NAMES) await captureTable(pool.db, FEEDS[feed].capture)
    } finally {
      await pool.close()
    }
  }

  async #register(): Promise<void> {
    const credentialName = await this.door.credential(this.apiUrl)
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
      door: this.door,
      requestMilliseconds: REQUEST_MILLISECONDS,
      draw: () => this.manner(random),
    })
    await receiver.open()
    this.defer(() => receiver.close())
    this.receivers.push(receiver)
    return receiver
  }
}
