import { follow, type Chain, type WindowEdges } from './chain.ts'
import { addApplied, NOTHING_APPLIED, Replica, type PublishedRecord } from './replica.ts'
import type { PageBody, WindowBody } from './body.ts'
import type { TakenPage } from './report.ts'

/** What is kept of a listener between two runs. */
export interface SavedListener {
  readonly listenerName: string
  readonly service: string
  readonly chain: Chain | null
  readonly records: readonly (readonly [key: string, record: PublishedRecord])[]
}

/** One listener as this receiver knows it: the windows it was sent and the records they left. */
export class Followed {
  readonly listenerName: string
  readonly service: string
  readonly replica: Replica
  #chain: Chain | undefined
  #work: Promise<unknown> = Promise.resolve()

  constructor(saved: SavedListener) {
    this.listenerName = saved.listenerName
    this.service = saved.service
    this.replica = new Replica(saved.records)
    this.#chain = saved.chain ?? undefined
  }

  /** The last window; undefined before the first. */
  get chain(): Chain | undefined {
    return this.#chain
  }

  /** Runs the work of a call when that of the calls before it is done: windows are taken in the order they came. */
  inTurn<T>(work: () => Promise<T> | T): Promise<T> {
    const done = this.#work.then(work)
    this.#work = done.catch(() => {})
    return done
  }

  /** Resolves when all work so far is done. */
  async idle(): Promise<void> {
    await this.#work
  }

  /** Takes a page that came with a call. */
  take(window: WindowEdges, page: PageBody, keyParts: readonly string[]): TakenPage {
    const { step, expected, chain, replaying } = follow(this.#chain, window, !page.hasMore)
    this.#chain = chain
    const applied = this.replica.apply(page.items, keyParts, replaying)
    return { window, records: page.items.length, hasMore: page.hasMore, step, expected, applied }
  }

  /** Takes a window whose pages are pulled; it counts as one of the chain once the last page is there. */
  async takePulled(
    window: WindowEdges,
    pages: AsyncIterable<PageBody>,
    keyParts: readonly string[],
  ): Promise<{ pages: number; page: TakenPage }> {
    const { step, expected, chain, replaying } = follow(this.#chain, window, true)
    let applied = NOTHING_APPLIED
    let [count, records] = [0, 0]
    for await (const page of pages) {
      applied = addApplied(applied, this.replica.apply(page.items, keyParts, replaying))
      count += 1
      records += page.items.length
    }
    this.#chain = chain
    return { pages: count, page: { window, records, hasMore: false, step, expected, applied } }
  }

  save(): SavedListener {
    const { listenerName, service } = this
    return { listenerName, service, chain: this.#chain ?? null, records: [...this.replica.entries()] }
  }
}

/** The edges of a call's window. */
export function edgesOf(body: WindowBody): WindowEdges {
  return { since: body.sinceTimestamp, before: body.beforeTimestamp }
}
