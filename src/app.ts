import { sql } from 'kysely'
import { createAccess, type Access } from './app/access.ts'
import type { Base } from './app/base.ts'
import { cataloguePart } from './app/catalogue.ts'
import { createEngine } from './app/engine.ts'
import { createBatchGuard, createRooms } from './app/rooms.ts'
import type { Config } from './config.ts'
import { openDatabase, type OpenDatabase } from './database.ts'
import { earliestExpiries } from './db/certificate.ts'
import type { Db } from './db/pool.ts'
import { toMillis, type Instant } from './domain/instant.ts'
import { addClients } from './http/access/clients.ts'
import { createApi } from './http/api.ts'
import type { Readiness } from './http/health.ts'
import { addMetrics } from './http/metrics.ts'
import type { Api } from './http/room.ts'
import { listen, type HttpServer } from './http/server.ts'
import type { Log } from './log.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { Parts, type Part } from './parts.ts'
import { createDatabaseTrail } from './services/audit/index.ts'

export type Role = 'all' | 'api' | 'engine'

/** The edges that a test or a command may replace. */
export interface AppOverrides {
  readonly role?: Role
  readonly rooms?: (base: Base) => readonly ((api: Api) => void)[]
  readonly engine?: (base: Base) => Part
  /** Tells a person the first administrator's key; default: on stderr, never in the log. */
  readonly announce?: (text: string) => void
}

export interface App {
  /** Everything runs when this resolves. Throws `unusable` with one sentence; nothing is left running then. */
  start(): Promise<void>
  /** Readiness first, then running calls finish within the limit, the rest is handed back. Safe to call twice. */
  stop(): Promise<void>
  /** Where the API listens, e.g. http://127.0.0.1:8080. After start. */
  readonly url: string
  /** After start. */
  readonly databaseUrl: string
  /** Resolves with the reason when the process cannot go on and should stop. */
  readonly failed: Promise<string>
}

/** The composition root: the only place where the rooms, the engine and the database meet. */
export function createApp(config: Config, log: Log, overrides: AppOverrides = {}): App {
  const role = overrides.role ?? 'all'
  const parts = new Parts(log)
  const failure = Promise.withResolvers<string>()
  const metrics = createMetrics()
  let readiness: Readiness = 'starting'
  let database: OpenDatabase | undefined
  let access: Access | undefined
  let server: HttpServer | undefined
  let stopping: Promise<void> | undefined

  const url = () =>
    `${config.tls ? 'https' : 'http'}://${hostInUrl(config.host)}:${server?.port ?? config.port}`
  const opened = () => database ?? fail('the app has not started')
  const base = (): Base => {
    const { url: databaseUrl, apiDb, engineDb, vault } = opened()
    return {
      config,
      log,
      databaseUrl,
      apiDb,
      engineDb,
      vault,
      metrics,
      audit,
      publicUrl: () => config.publicUrl ?? url(),
    }
  }

  const audit = createDatabaseTrail(() => opened().engineDb, {
    onTrouble: (err) => log.warn({ err }, 'audited calls could not be written; they are tried again'),
    onLoss: (calls) => log.error({ calls }, 'audited calls were given up'),
  })
  const auditPart: Part = { name: 'audit', start: () => Promise.resolve(), stop: () => audit.flush() }
  const databasePart: Part = {
    name: 'database',
    async start() {
      database = await openDatabase(config, log)
      void database.ended.then((words) => stopping ?? failure.resolve(`the database ended: ${words}`))
    },
    stop: () => opened().close(),
  }
  const engine = overrides.engine ?? createEngine
  const announce = overrides.announce ?? ((text: string) => void process.stderr.write(text))
  const httpPart: Part = {
    name: 'http',
    async start() {
      const way = access ?? fail('nobody is at the door')
      const clients = (api: Api) => addClients(api, way.clients)
      const rooms = role === 'engine' ? [] : [clients, ...(overrides.rooms ?? createRooms)(base())]
      const everywhere = [(api: Api) => addMetrics(api, metrics)]
      const ready = () => (readiness === 'ready' ? askDatabase(opened().apiDb) : Promise.resolve(readiness))
      const api = createApi({
        log,
        authenticate: way.authenticate,
        proxies: config.proxies,
        limits: config.limits,
        hstsSeconds: config.tls?.hstsSeconds,
        readiness: ready,
        rooms: [...everywhere, ...rooms],
        batch: role === 'engine' ? undefined : createBatchGuard(base()),
      })
      watchCertificates(metrics, () => opened().apiDb)
      server = await listen(api, config, log)
    },
    stop: async () => server?.close(config.engine.drainMilliseconds),
  }

  return {
    async start() {
      await parts.start(databasePart)
      // Stopped after the API, so that its last calls are written.
      await parts.start(auditPart)
      access = createAccess(base(), role === 'engine' ? undefined : announce)
      await parts.start(access)
      // Before the engine: the links in its calls lead here. After it when stopping: it drains while /readyz says so.
      await parts.start(httpPart)
      await parts.start(cataloguePart(base()))
      if (role !== 'api') await parts.start(engine(base()))
      readiness = 'ready'
      for (const warning of openQuestions(config, role)) log.warn(warning)
      log.info({ url: url(), database: opened().place, role }, 'Sincewire is ready')
    },
    stop: () =>
      (stopping ??= (async () => {
        readiness = 'draining'
        await parts.stop()
      })()),
    get url() {
      return url()
    },
    get databaseUrl() {
      return opened().url
    },
    failed: failure.promise,
  }
}

function watchCertificates(metrics: Metrics, db: () => Db): void {
  const millis = (at: Instant | null) => (at === null ? null : toMillis(at))
  metrics.certificatesExpire(async () => {
    const { client, ca } = await earliestExpiries(db())
    return { client: millis(client), ca: millis(ca) }
  })
}

async function askDatabase(db: Db): Promise<Readiness> {
  try {
    await sql`select 1`.execute(db)
    return 'ready'
  } catch {
    return 'database does not answer'
  }
}

/** Characters; 128 random bits in base64 are 22. */
const GUESSABLE_BELOW = 20

/** What works as asked, but perhaps not as meant. */
function openQuestions({ host, adminKey, publicUrl, tls, proxies }: Config, role: Role): string[] {
  const local = host === 'localhost' || host === '::1' || host.startsWith('127.')
  return [
    ...(adminKey === undefined || adminKey.length >= GUESSABLE_BELOW
      ? []
      : ['the adminKey is short enough to be guessed: openssl rand -base64 32 makes a better one']),
    ...(local || tls !== undefined || proxies.trusted.length > 0
      ? []
      : [
          `keys and records travel in the clear to whoever reaches ${host}: set SINCEWIRE_TLS_CERTIFICATE_FILE and ` +
            'SINCEWIRE_TLS_KEY_FILE, or name the proxy that speaks TLS in SINCEWIRE_PROXIES_TRUSTED',
        ]),
    ...(publicUrl !== undefined || (local && role === 'all')
      ? []
      : ['the links in calls lead to an address that receivers may not reach: set SINCEWIRE_PUBLIC_URL']),
  ]
}

function hostInUrl(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}

function fail(message: string): never {
  throw new Error(message)
}
