import { latestChanges } from '../../db/feed.ts'
import type { Db } from '../../db/pool.ts'
import { listServices } from '../../db/service.ts'
import { mayUse, type Caller } from '../../domain/caller.ts'
import { invalidField } from '../../domain/errors.ts'
import { toIsoMillis, type Instant } from '../../domain/instant.ts'
import { parseRefreshQuery, type Parameters } from '../../domain/publishQuery.ts'

/** When a service's records were loaded and last changed: a cheap "what is new" before pulling. */
export interface RefreshDate {
  /** The service's name. */
  readonly entity: string
  /** The last rebuild of its records, or their first load; null: never loaded, which is why it may be empty. */
  readonly refreshdate: string | null
  /** The latest cacheTimestamp among its records; null: it has none. */
  readonly latestupdatetime: string | null
  readonly loadedAt: string | null
}

/** All enabled services that the caller may use, or the one that `entitytype` names: throws `invalid` when there is none of that name. */
export async function refreshDates(
  db: Db,
  caller: Caller,
  parameters: Parameters,
): Promise<readonly RefreshDate[]> {
  const entity = parseRefreshQuery(parameters)
  const enabled = (await listServices(db)).filter(
    (service) => service.enabled && mayUse(caller, service.name),
  )
  const asked = enabled.filter((service) => entity === undefined || service.name === entity)
  if (entity !== undefined && asked.length === 0) {
    throw invalidField('entitytype', 'must be the name of an enabled service', entity)
  }
  const latest = await latestChanges(
    db,
    asked.flatMap(({ jsonTable }) => jsonTable ?? []),
  )
  return asked.map(({ name, jsonTable, loadedAt, refreshedAt }) => ({
    entity: name,
    refreshdate: shown(refreshedAt ?? loadedAt),
    latestupdatetime: shown(jsonTable === null ? null : (latest.get(jsonTable) ?? null)),
    loadedAt: shown(loadedAt),
  }))
}

function shown(instant: Instant | null): string | null {
  return instant && toIsoMillis(instant)
}
