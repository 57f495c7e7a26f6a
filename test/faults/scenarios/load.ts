import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { openPool, type Db } from '../../../src/db/pool.ts'
import { anyCredential, put } from '../../support/api.ts'
import { makeFeed, type Feed } from '../../support/engine.ts'
import type { Measured, Scenario } from '../scenario.ts'
import { REQUEST_MILLISECONDS, World } from '../world.ts'

const SERVICES = 5
const HEALTHY = 460
const SLOW = 20
const DEAD = 20
const HEALTHY_PER_HOST = 10
const WRITE_EVERY_MILLISECONDS = 400
/** What healthy listeners may be slower beside bad ones. */
const ALLOWED_RATIO = 1.1

type Health = 'healthy' | 'slow' | 'hanging' | 'dead'

/** Five hundred listeners behind real servers, some of which can be told to be slow, to hang, or to be gone. */
class Crowd {
  /** Milliseconds from change to arrival at the healthy, since the last `take`. */
  #delays: number[] = []
  bad = false
  readonly urls: string[] = []
  readonly #servers: { readonly server: Server; readonly health: Health; port: number }[] = []

  async open(): Promise<void> {
    for (let i = 0; i < HEALTHY; i += HEALTHY_PER_HOST) await this.#serve('healthy', HEALTHY_PER_HOST)
    for (let i = 0; i < SLOW; i += 1) await this.#serve('slow', 1)
    for (let i = 0; i < DEAD; i += 1) await this.#serve(i % 2 === 0 ? 'hanging' : 'dead', 1)
  }

  /** The bad ones are bad from now on, or behave. */
  async turn(bad: boolean): Promise<void> {
    this.bad = bad
    for (const { server, health, port } of this.#servers) {
      if (health !== 'dead' || server.listening !== bad) continue
      if (bad) await closed(server)
      else await listening(server, port)
    }
  }

  take(): number[] {
    const delays = this.#delays.toSorted((a, b) => a - b)
    this.#delays = []
    return delays
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#servers.filter(({ server }) => server.listening).map(({ server }) => closed(server)),
    )
  }

  async #serve(health: Health, listeners: number): Promise<void> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => void chunks.push(chunk))
      request.on('end', () => {
        if (health === 'healthy') this.#note(Buffer.concat(chunks).toString())
        if (!this.bad || health === 'healthy') response.end()
        else if (health === 'slow') setTimeout(() => response.end(), REQUEST_MILLISECONDS * 0.8)
      })
    })
    const port = await listening(server, 0)
    this.#servers.push({ server, health, port })
    for (let i = 0; i < listeners; i += 1) this.urls.push(`http://127.0.0.1:${port}/${i}`)
  }

  #note(body: string): void {
    const stamp = /"cacheTimestamp":"([^"]+)"/.exec(body)?.[1]
    if (stamp !== undefined) this.#delays.push(Date.now() - Date.parse(stamp))
  }
}

async function listening(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function closed(server: Server): Promise<void> {
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
}

async function register(world: World, crowd: Crowd, feeds: readonly Feed[]): Promise<void> {
  const credentialName = await anyCredential(world.apiUrl, 'LOAD')
  const items = crowd.urls.map((listenerUrl, i) => ({
    ...{ service: feeds[i % SERVICES]!.service, listenerName: `load ${i}`, listenerUrl, credentialName },
    ...{ includePayload: 'Y', intervalSeconds: 1 },
  }))
  const { status, body } = await put(world.apiUrl, 'webhooks/manage', { collectionSize: items.length, items })
  if (status !== 200) throw new Error(JSON.stringify(body))
}

/** A change of one service after the other, until the time is up. */
async function writeSteadily(feeds: readonly Feed[], milliseconds: number): Promise<void> {
  const start = performance.now()
  for (let n = 0; performance.now() - start < milliseconds; n += 1) {
    await feeds[n % SERVICES]!.put([`key ${n % 50}`], n)
    await delay(Math.max(0, start + (n + 1) * WRITE_EVERY_MILLISECONDS - performance.now()))
  }
}

async function measureLoad({ seed, seconds = 30 }: { seed: number; seconds?: number }): Promise<Measured> {
  await using world = await World.open({ seed, engines: 1, pageLimits: [] })
  const pool = openPool({ url: world.postgres.url('sincewire'), max: 2, applicationName: 'load' })
  world.defer(() => pool.close())
  const crowd = new Crowd()
  world.defer(() => crowd.close())
  await crowd.open()
  const feeds = await makeFeeds(pool.db)
  await register(world, crowd, feeds)
  await writeSteadily(feeds, 4000) // everybody has had a heartbeat and a change
  const delays = { without: [] as number[], with: [] as number[] }
  // Each half twice and in turn: what else the machine does weighs on both.
  for (const bad of [false, true, false, true]) {
    await crowd.turn(bad)
    await writeSteadily(feeds, 4000) // those that are dead go on hold, those that were come back
    crowd.take()
    await writeSteadily(feeds, (seconds * 1000) / 4)
    delays[bad ? 'with' : 'without'].push(...crowd.take())
  }
  return compare(delays)
}

async function makeFeeds(db: Db): Promise<Feed[]> {
  const feeds: Feed[] = []
  for (let i = 0; i < SERVICES; i += 1) feeds.push(await makeFeed(db, `load/${i}`, true))
  return feeds
}

function compare(delays: {
  readonly without: readonly number[]
  readonly with: readonly number[]
}): Measured {
  const [without, beside] = [summary(delays.without), summary(delays.with)]
  const ratio = beside.mean / without.mean
  const say = ({ mean, p50, p95, count }: Summary) =>
    `mean ${mean.toFixed(0)} ms, p50 ${p50} ms, p95 ${p95} ms (${count} deliveries)`
  return {
    lines: [
      `  listeners       ${HEALTHY} healthy, ${SLOW} slow, ${DEAD} dead; a change every ${WRITE_EVERY_MILLISECONDS} ms goes to ${(HEALTHY + SLOW + DEAD) / SERVICES} of them`,
      `  all behave      ${say(without)}`,
      `  40 are bad      ${say(beside)}`,
      `  ratio of means  ${ratio.toFixed(2)} (at most ${ALLOWED_RATIO})`,
    ],
    broken:
      ratio > ALLOWED_RATIO
        ? [`healthy listeners wait ${ratio.toFixed(2)} times as long beside bad ones`]
        : [],
  }
}

interface Summary {
  readonly mean: number
  readonly p50: number
  readonly p95: number
  readonly count: number
}

function summary(delays: readonly number[]): Summary {
  const sorted = delays.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? NaN
  const mean = sorted.reduce((sum, ms) => sum + ms, 0) / sorted.length
  return { mean, p50: at(0.5), p95: at(0.95), count: sorted.length }
}

export const load: Scenario = {
  name: 'load',
  title: 'five hundred listeners, twenty of them slow and twenty dead: what the others notice of it',
  measure: measureLoad,
}
