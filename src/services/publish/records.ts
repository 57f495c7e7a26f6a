import type { Db } from '../../db/pool.ts'
import { prunedBefore } from '../../db/tombstone.ts'
import { invalid } from '../../domain/errors.ts'
import { toIsoMillis } from '../../domain/instant.ts'
import type { Page } from '../../domain/page.ts'
import { prunedFault } from '../../domain/pruned.ts'
import { parsePublishQuery, wrongQuery, type Parameters } from '../../domain/publishQuery.ts'
import type { Feed } from './feed.ts'
import type { PageReader } from './page.ts'
import { pullWindow } from './window.ts'

/**
 * A page of a service's records that changed in a window. Throws `invalid` naming every wrong parameter, also a since
 * of which deletes have been pruned; `not_found`
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
  const page = await readPage({ service: feed.name, window, after, limit, projection, filters })
  // Afterwards: the mark moves with the deletes, so a page that lacks one cannot come with an older mark.
  const fault = prunedFault(query.since, window.since.floor, await prunedBefore(db, feed.name))
  if (fault === undefined) return page
  throw invalid([{ error: fault, field: 'since', inputValue: toIsoMillis(query.since) }], wrongQuery)
}
