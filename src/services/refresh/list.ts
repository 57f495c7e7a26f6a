import type { Db } from '../../db/pool.ts'
import { listRequests, type RequestQuery } from '../../db/refresh.ts'
import type { RefreshRequest } from '../../domain/refresh.ts'

export interface RefreshPage {
  readonly items: readonly RefreshRequest[]
  /** The request before which the next page starts; null: there is none. */
  readonly next: number | null
}

/** Refresh requests with their progress, the latest first. */
export async function listRefreshes(db: Db, query: RequestQuery): Promise<RefreshPage> {
  const found = await listRequests(db, query)
  const items = found.slice(0, query.limit)
  return { items, next: found.length > items.length ? (items.at(-1)?.requestId ?? null) : null }
}
