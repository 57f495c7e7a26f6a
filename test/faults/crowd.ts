import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { openPool } from '../../src/db/pool.ts'
import { anyCredential, put } from '../support/api.ts'
import { makeFeed, type Feed } from '../support/engine.ts'
import type { World } from './world.ts'

/** When a call is answered: after so many milliseconds, or never. */
export type Answering = () => number | 'never'

/** One HTTP server for some listeners. Its calls are told, and answered as it is asked to. */
export class Hall {
  readonly #server: Server
  #port = 0

  constructor(answering: Answering, arrived: (path: string, body: string) => void) {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => void chunks.push(chunk))
      request.on('end', () => {
        arrived(request.url!, Buffer.concat(chunks).toString())
        const after = answering()
        if (after === 0) response.end()
        else if (after !== 'never') setTimeout(() => response.end(), after)
      })
    })
  }

  /** Listens, on the same port as before. */
  async open(): Promise<void> {
    if (this.#server.listening) return
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.#port}${path}`
  }
}

/** Services with change tables that are written by hand, on connections of their own. */
export async function makeFeeds(world: World, count: number): Promise<readonly Feed[]> {
  const pool = openPool({ url: world.postgres.url('sincewire'), max: 2, applicationName: 'crowd' })
  world.defer(() => pool.close())
  const feeds: Feed[] = []
  for (let i = 0; i < count; i += 1) feeds.push(await makeFeed(pool.db, `crowd/${i}`, true))
  return feeds
}

/** Registers a PAYLOAD listener for each URL, of the services in turn. */
export async function registerCrowd(
  world: World,
  urls: readonly string[],
  feeds: readonly Feed[],
): Promise<void> {
  const credentialName = await anyCredential(world.apiUrl, 'CROWD')
  const items = urls.map((listenerUrl, i) => ({
    ...{ service: feeds[i % feeds.length]!.service, listenerName: `crowd ${i}`, listenerUrl, credentialName },
    ...{ includePayload: 'Y', intervalSeconds: 1 },
  }))
  const { status, body } = await put(world.apiUrl, 'webhooks/manage', { collectionSize: items.length, items })
  if (status !== 200) throw new Error(JSON.stringify(body))
}

/** A change of one service after the other at that rhythm, until the time is up. */
export async function writeSteadily(
  feeds: readonly Feed[],
  milliseconds: number,
  everyMilliseconds: number,
): Promise<void> {
  const start = performance.now()
  for (let n = 0; performance.now() - start < milliseconds; n += 1) {
    await feeds[n % feeds.length]!.put([`key ${n % 50}`], n)
    await delay(Math.max(0, start + (n + 1) * everyMilliseconds - performance.now()))
  }
}

/** The value below which that share of them lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}
