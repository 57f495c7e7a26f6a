import type { Page } from '../../domain/page.ts'

export interface PageCacheOptions {
  readonly maxBytes: number
  /** How long a page may be served again. Its window fixes its records, so an old page is late, never wrong. */
  readonly keepMilliseconds: number
  /** Milliseconds of a clock that never steps back. */
  readonly now?: () => number
}

export interface PageCache {
  /** The page under that key: the one being read, one read a moment ago, or a new one by `read`. */
  get(key: string, read: () => Promise<Page>): Promise<Page>
  /** Bytes held by pages that have been read. */
  bytes(): number
}

interface Kept {
  readonly page: Page
  readonly until: number
}

/** Lets equal requests share one read. Failures are not kept, and neither is a page larger than the whole cache. */
export function createPageCache(options: PageCacheOptions): PageCache {
  const now = options.now ?? (() => performance.now())
  const reading = new Map<string, Promise<Page>>()
  const kept = new Map<string, Kept>() // oldest first
  let bytes = 0
  let sweeper: NodeJS.Timeout | undefined

  const drop = (key: string, entry: Kept) => {
    kept.delete(key)
    bytes -= entry.page.bytes.length
  }
  const dropOld = () => {
    for (const [key, entry] of kept) {
      if (entry.until > now() && bytes <= options.maxBytes) break
      drop(key, entry)
    }
    // A quiet process must not hold on to pages that nobody will ask for.
    clearTimeout(sweeper)
    sweeper = kept.size === 0 ? undefined : setTimeout(dropOld, options.keepMilliseconds).unref()
  }
  const keep = (key: string, page: Page) => {
    if (page.bytes.length > options.maxBytes) return
    kept.set(key, { page, until: now() + options.keepMilliseconds })
    bytes += page.bytes.length
    dropOld()
  }
  const start = async (key: string, read: () => Promise<Page>) => {
    try {
      const page = await read()
      keep(key, page)
      return page
    } finally {
      reading.delete(key)
    }
  }

  return {
    get(key, read) {
      const running = reading.get(key)
      if (running) return running
      const entry = kept.get(key)
      if (entry && entry.until > now()) return Promise.resolve(entry.page)
      if (entry) drop(key, entry)
      const page = start(key, read)
      reading.set(key, page)
      return page
    },
    bytes: () => bytes,
  }
}
