import { readRecord } from '../../db/feed.ts'
import type { Db } from '../../db/pool.ts'
import { notFound } from '../../domain/errors.ts'
import { parseRecordQuery, type Parameters } from '../../domain/publishQuery.ts'
import type { Feed } from './feed.ts'
import { shape } from './page.ts'

/**
 * The current record of a key as JSON, its `action` null: there is no window it would have changed in. Throws
 * `not_found` when it is absent or deleted, `invalid` for parameters other than include and exclude.
 */
export async function publishRecord(
  db: Db,
  feed: Feed,
  key: string,
  parameters: Parameters,
): Promise<Buffer> {
  const projection = parseRecordQuery(parameters)
  const record = key.includes('\0') ? undefined : await readRecord(db, feed.jsonTable, key)
  if (!record) throw notFound()
  return shape(record, projection)
}
