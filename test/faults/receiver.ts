import { fetchAsAdmin } from '../support/access.ts'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { Diary } from './diary.ts'
import type { Door } from './door.ts'
import type { Feed, Item } from './feeds.ts'
import { GOOD, TRAP, UNKNOWN, type Manner } from './manners.ts'
import type { Signal } from './signal.ts'

interface Envelope {
  readonly items: readonly Item[]
  readonly links: readonly { readonly rel: string; readonly href: string }[]
}

interface Body {
  readonly type: 'HEARTBEAT' | 'EVENT' | 'PAYLOAD'
  readonly links: readonly { readonly href: string }[]
  readonly payload: Envelope
}

export interface ReceiverOptions {
  readonly feed: Feed
  readonly listenerName: string
  readonly door: Door
  /** Told of every call that was taken. */
  readonly arrivals: Signal
  /** The sender's deadline for a call. */
  readonly requestMilliseconds: number
  /** How the next call is treated. */
  readonly draw: () => Manner
  /** In [0, 1). */
  readonly dice: () => number
}

/** An HTTP server that keeps a diary of its listener's calls and has manners; EVENTs it follows by pulling. */
export class Receiver {
  readonly diary: Diary
  readonly listenerName: string
  /** How calls were treated that were not treated well: manner to count. */
  readonly manners = new Map<string, number>()
  calls = 0
  /** Calls to where a redirect led. */
  trapped = 0
  readonly #options: ReceiverOptions
  readonly #closed = new AbortController()
  #server: ReturnType<Door['server']> | undefined
  #port = 0
  #pulls: Promise<void> = Promise.resolve()
  #pulling = 0

  constructor(options: ReceiverOptions) {
    this.#options = options
    this.listenerName = options.listenerName
    this.diary = new Diary(options.feed)
  }

  get url(): string {
    return this.#options.door.origin(this.#port)
  }

  get port(): number {
    return this.#port
  }

  /** All EVENTs have been followed. */
  get settled(): boolean {
    return this.#pulling === 0
  }

  /** Listens where its door is, on the same port as before. */
  async open(): Promise<void> {
    const { door } = this.#options
    const server = door.server((request, response) => {
      this.#handle(request, response).catch(() => request.socket.destroy())
    })
    server.listen(this.#port, door.address)
    await once(server, 'listening')
    this.#port = (server.address() as AddressInfo).port
    this.#server = server
  }

  /** Listens again, if it does not. */
  async reopen(): Promise<void> {
    if (!this.#server) await this.open()
  }

  /** Connections break, new ones are welcome. */
  hangUp(): void {
    this.#server?.closeAllConnections()
  }

  /** Connections break, new ones are refused, until `open`. */
  async refuse(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (!server) return
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }

  async close(): Promise<void> {
    this.#closed.abort()
    await this.refuse()
    await this.#pulls
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    if (request.url === TRAP) {
      this.trapped += 1
      response.end()
      return
    }
    this.calls += 1
    const manner = this.#options.door.admits(request) ? this.#options.draw() : UNKNOWN
    if (manner !== GOOD) this.manners.set(manner.name, (this.manners.get(manner.name) ?? 0) + 1)
    const takes = manner.takes === 'always' || (manner.takes === 'maybe' && this.#options.dice() < 0.5)
    const bytes = Buffer.concat(chunks)
    if (takes) this.#take(bytes, String(request.headers['webhook-id']), manner.succeeds ? null : manner.name)
    await manner.answer(request, response, {
      requestMilliseconds: this.#options.requestMilliseconds,
      closed: this.#closed.signal,
    })
  }

  #take(bytes: Buffer, webhookId: string, manner: string | null): void {
    const body = JSON.parse(bytes.toString()) as Body
    const at = Date.now()
    if (body.type === 'PAYLOAD') {
      this.diary.page(webhookId, bytes, body.payload.items, at, manner)
      this.#options.arrivals.tell()
    } else if (body.type === 'EVENT') {
      this.#pulling += 1
      this.#pulls = this.#pulls
        .then(() => this.#pull(body.links[0]!.href, at, manner))
        .catch(() => {}) // only when closed
        .finally(() => (this.#pulling -= 1))
    }
  }

  /** Follows an EVENT to the last page, however long the API is away. */
  async #pull(href: string, at: number, manner: string | null): Promise<void> {
    for (let next: string | undefined = `${href}&limit=7`; next !== undefined;) {
      const page: Envelope = await this.#get(next)
      this.diary.take(page.items, at, manner)
      this.#options.arrivals.tell()
      next = page.links.find(({ rel }) => rel === 'next')?.href
    }
  }

  async #get(url: string): Promise<Envelope> {
    const { signal } = this.#closed
    for (;;) {
      try {
        const answer = await fetchAsAdmin(url, {
          signal: AbortSignal.any([signal, AbortSignal.timeout(5000)]),
        })
        if (answer.ok) return (await answer.json()) as Envelope
        await answer.body?.cancel()
      } catch {
        signal.throwIfAborted() // otherwise: away, or broken off
      }
      await delay(100, undefined, { signal })
    }
  }
}
