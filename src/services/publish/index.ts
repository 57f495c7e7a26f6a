import type { Db } from '../../db/pool.ts'
import { mayUse, type Caller } from '../../domain/caller.ts'
import { notFound, SincewireError } from '../../domain/errors.ts'
import type { Instant } from '../../domain/instant.ts'
import type { Parameters } from '../../domain/publishQuery.ts'
import { findPlace } from './feed.ts'
import type { PageReader } from './page.ts'
import { publishRecord } from './record.ts'
import { publishRecords } from './records.ts'
import { refreshDates, type RefreshDate } from './refreshDates.ts'

export { createReadPage, type PageReader, type PageReaderOptions } from './page.ts'
export type { RefreshDate } from './refreshDates.ts'

/** What a pull answers. */
export interface Published {
  /** A collection's envelope, or one record: JSON. */
  readonly bytes: Buffer
  /** When the service was loaded; null: never, which is why it may be empty. */
  readonly loadedAt: Instant | null
}

/** The verbs of the publish API, as a front door gets them. */
export interface PublishServices {
  /** Where callers reach us, no slash at its end. Known once we listen. */
  readonly publicUrl: () => string
  /**
   * What `…/services/<segments>` names: a page of a service's changes, or one record. Segments are decoded. Throws
   * `forbidden` for a service that the caller is not limited to, whether there is one or not.
   */
  publish(caller: Caller, segments: readonly string[], parameters: Parameters): Promise<Published>
  refreshDates(caller: Caller, parameters: Parameters): Promise<readonly RefreshDate[]>
}

export interface PublishParts {
  readonly db: Db
  /** The one that the engine uses too, so that a pull and a PAYLOAD hold the same bytes. */
  readonly readPage: PageReader
  readonly publicUrl: () => string
}

/** Binds the verbs of the publish API. */
export function createPublishServices(parts: PublishParts): PublishServices {
  return {
    async publish(caller, segments, parameters) {
      const names = [segments, segments.slice(0, -1)].map((each) => each.join('/'))
      if (!names.some((name) => mayUse(caller, name))) throw notAmong()
      const { feed, key } = await findPlace(parts.db, segments)
      // The one above it is the caller's, and has no such record.
      if (!mayUse(caller, feed.name)) throw notFound()
      const bytes =
        key === null
          ? (await publishRecords(parts, feed, parameters)).bytes
          : await publishRecord(parts.db, feed, key, parameters)
      return { bytes, loadedAt: feed.loadedAt }
    },
    refreshDates: (caller, parameters) => refreshDates(parts.db, caller, parameters),
    publicUrl: parts.publicUrl,
  }
}

function notAmong(): SincewireError {
  return new SincewireError('forbidden', 'The service is not among those of this client')
}
