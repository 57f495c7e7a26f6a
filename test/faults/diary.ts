import { createHash, hash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { FEEDS, type Feed, type Item } from './feeds.ts'

/** Records that arrived together and were taken. */
export interface Delivery {
  /** When the call came; milliseconds since 1970. An EVENT's records count as come with it. */
  readonly at: number
  /** How the receiver treated the call: null when it answered 200 in time. */
  readonly manner: string | null
  readonly records: readonly { readonly key: string; readonly stamp: string; readonly digest: string }[]
}

/** What a receiver has made of what it was sent, and everything that it took, in order. */
export class Diary {
  readonly feed: Feed
  readonly deliveries: Delivery[] = []
  readonly #state = new Map<string, unknown>()
  /** As a receiver ends up that drops webhook ids it has seen, as the README tells it to. */
  readonly #once = new Map<string, unknown>()
  readonly #bodies = new Map<string, string>()
  /** Webhook ids under which two different bodies came. */
  readonly reused: string[] = []

  constructor(feed: Feed) {
    this.feed = feed
  }

  /** Takes a PAYLOAD's page. */
  page(webhookId: string, body: Buffer, items: readonly Item[], at: number, manner: string | null): void {
    const digest = createHash('sha256').update(body).digest('base64')
    const known = this.#bodies.get(webhookId)
    if (known === undefined) this.#bodies.set(webhookId, digest)
    else if (known !== digest) this.reused.push(webhookId)
    this.take(items, at, manner, known === undefined)
  }

  /** Takes records, of a page or pulled. */
  take(items: readonly Item[], at: number, manner: string | null, isNew = true): void {
    const records = items.map((item) => {
      const key = FEEDS[this.feed].keyOf(item)
      apply(this.#state, key, item)
      if (isNew) apply(this.#once, key, item)
      return { key, stamp: item.cacheTimestamp, digest: hash('sha1', JSON.stringify(item), 'base64') }
    })
    this.deliveries.push({ at, manner, records })
  }

  /** Keys that this receiver has otherwise than the table. */
  lost(truth: ReadonlyMap<string, unknown>): string[] {
    return [...differences(this.#state, truth), ...differences(this.#once, truth)]
  }
}

function apply(state: Map<string, unknown>, key: string, item: Item): void {
  const { action, cacheTimestamp: _, cacheCreateTimestamp: __, ...document } = item
  if (action === 'DELETE') state.delete(key)
  else state.set(key, document)
}

function differences(state: ReadonlyMap<string, unknown>, truth: ReadonlyMap<string, unknown>): string[] {
  const keys = new Set([...state.keys(), ...truth.keys()])
  return [...keys].filter((key) => !isDeepStrictEqual(state.get(key), truth.get(key)))
}
