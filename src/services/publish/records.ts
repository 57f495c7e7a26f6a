import type { Db } from '../../db/pool.ts'
import type { Page } from '../../domain/page.ts'
import { parsePublishQuery, type Parameters } from '../../domain/publishQuery.ts'
import type { Feed } from './feed.ts'
import type { PageReader } from './page.ts'
import { pullWindow } from './window.ts'

/**
 * A page of a service's records that changed in a window. Throws `invalid` naming every wrong parameter; `not_found`
 * when the service went meanwhile.
 */
export async function publishRecords(
  { db, readPage }: { readonly db: Db; readonly readPage: PageReader },
  feed: Feed,
  parameters: Parameters,
): Promise<Page> {
  const query = parsePublishQuery(parameters, feed)
  const window = await pullWindow(db, feed, query)
  const { after, limit, projection, filters } = query
  return readPage({ service: feed.name, window, after, limit, projection, filters })
}
