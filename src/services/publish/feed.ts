import type { Db } from '../../db/pool.ts'
import { findService } from '../../db/service.ts'
import { notFound, refused } from '../../domain/errors.ts'
import type { Service } from '../../domain/service.ts'

/** A service that can be pulled. */
export interface Feed extends Service {
  readonly jsonTable: string
}

export interface Place {
  readonly feed: Feed
  /** The natural key of one record; null: the collection. */
  readonly key: string | null
}

/**
 * What the path behind `…/services/` names, given as its decoded segments. Service names have slashes
 * (`foundation/item`, `foundation/item/location`), so the longest registered one wins, and one segment behind it is
 * a key. Throws `not_found` for neither, `refused` for a service that is not enabled or publishes nothing.
 */
export async function findPlace(db: Db, segments: readonly string[]): Promise<Place> {
  const whole = await find(db, segments)
  if (whole) return { feed: pullable(whole), key: null }
  const [key, owner] = [segments.at(-1), await find(db, segments.slice(0, -1))]
  if (!owner || !key) throw notFound()
  return { feed: pullable(owner), key }
}

async function find(db: Db, segments: readonly string[]): Promise<Service | undefined> {
  // A NUL is no text to PostgreSQL, and a slash inside a segment is no slash of the name.
  if (segments.length === 0 || segments.some((segment) => /[/\0]/.test(segment))) return undefined
  return findService(db, segments.join('/'))
}

function pullable(service: Service): Feed {
  const { name, enabled, jsonTable } = service
  if (!enabled) throw refused([{ service: name, errorMessage: 'The service is not enabled' }])
  if (jsonTable === null)
    throw refused([
      { service: name, errorMessage: 'The service has no change table, so it publishes nothing' },
    ])
  return { ...service, jsonTable }
}
