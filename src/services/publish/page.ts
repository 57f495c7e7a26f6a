import { readRecords } from '../../db/feed.ts'
import type { Db } from '../../db/pool.ts'
import { findService } from '../../db/service.ts'
import { notFound } from '../../domain/errors.ts'
import type { Page } from '../../domain/page.ts'
import { parseProjection, project } from '../../domain/projection.ts'
import { pageLinks, type PublishRequest } from '../../domain/publishLinks.ts'
import { pageKey, type Position } from '../../domain/window.ts'
import { createPageCache } from './pageCache.ts'

export interface PageReader {
  (request: PublishRequest): Promise<Page>
}

export interface PageReaderOptions {
  readonly db: Db
  /** Where callers reach us, for the links; no slash at its end. Known once we listen. */
  readonly publicUrl: () => string
  /** Memory for pages that equal requests may share. */
  readonly cacheMegabytes: number
  readonly cacheMilliseconds?: number
}

/** PostgreSQL joins so many records into one text; larger pages are read in pieces, as no text may exceed 512 MB. */
const RECORDS_PER_READ = 5000

/**
 * Makes the one reader of pages: what the publish API answers and what the engine sends as a PAYLOAD's `payload` are
 * the same bytes. Equal requests, in flight or a moment ago, share one read. A projection is applied only when asked
 * for: otherwise a record is never looked at. Throws `not_found` when the service has no change table (any more).
 */
export function createReadPage(options: PageReaderOptions): PageReader {
  const cache = createPageCache({
    maxBytes: options.cacheMegabytes * 1024 * 1024,
    keepMilliseconds: options.cacheMilliseconds ?? 5000,
  })
  return (request) => cache.get(requestKey(request), () => renderPage(options, request))
}

function requestKey(request: PublishRequest): string {
  const asked = (request.filters ?? []).map(({ filter, value }) => [filter.name, filter.path, value])
  return `${pageKey(request)}${JSON.stringify(asked)}`
}

async function renderPage({ db, publicUrl }: PageReaderOptions, request: PublishRequest): Promise<Page> {
  const service = await findService(db, request.service)
  if (!service?.jsonTable) throw notFound()
  const { items, count, hasMore, last } = await readAll(db, service.jsonTable, request)
  const links = pageLinks(publicUrl(), request, hasMore ? last : null)
  const tail = JSON.stringify({ hasMore, limit: request.limit, count, links })
  const shaped = items.map((records) => shape(records, request.projection))
  const bytes = Buffer.concat([
    Buffer.from('{"items":['),
    ...joined(shaped),
    Buffer.from(`],${tail.slice(1)}`),
  ])
  return { bytes, count, hasMore, last }
}

interface Found {
  readonly items: readonly Buffer[]
  readonly count: number
  readonly hasMore: boolean
  readonly last: Position | null
}

// A window's edges fix its records, so reading it in several statements changes nothing: a record that moves on
// between them comes with a later window.
async function readAll(db: Db, jsonTable: string, request: PublishRequest): Promise<Found> {
  const { window, filters = [] } = request
  const items: Buffer[] = []
  let { after } = request
  let count = 0
  for (;;) {
    const limit = Math.min(request.limit - count, RECORDS_PER_READ)
    const read = await readRecords(db, jsonTable, { window, after, limit, filters })
    if (read.count > 0) items.push(read.items)
    count += read.count
    after = read.last ?? after
    if (!read.hasMore || count === request.limit) {
      return { items, count, hasMore: read.hasMore, last: count === 0 ? null : after }
    }
  }
}

/** Records joined by commas, or one, as a projection wants them. */
export function shape(records: Buffer, projection: string | null): Buffer {
  if (projection === null) return records
  const parsed = parseProjection(projection)
  // Checked when it was registered or asked for, so that a wrong one cannot come this far.
  if (parsed.kind === 'wrong') throw new TypeError(`a projection ${parsed.reason}`)
  return parsed.projection ? Buffer.from(project(records.toString(), parsed.projection)) : records
}

function joined(pieces: readonly Buffer[]): Buffer[] {
  return pieces.flatMap((piece, index) => (index === 0 ? [piece] : [Buffer.from(','), piece]))
}
