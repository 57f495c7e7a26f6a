import { sql, type Selectable } from 'kysely'
import type { Service } from '../domain/service.ts'
import type { DbOrTx } from './pool.ts'
import type { MerchapiConfigTable } from './tables/merchapi-config.ts'

/** The service of that name, or undefined. */
export async function findService(db: DbOrTx, name: string): Promise<Service | undefined> {
  const row = await db
    .selectFrom('sincewire.merchapi_config')
    .selectAll()
    .where('merchapi_name', '=', name)
    .executeTakeFirst()
  return row && toService(row)
}

/** All services by name. */
export async function listServices(db: DbOrTx): Promise<readonly Service[]> {
  const rows = await db.selectFrom('sincewire.merchapi_config').selectAll().orderBy('merchapi_name').execute()
  return rows.map(toService)
}

/** A service that has something to publish, as the sweep sees it. */
export interface Feed {
  readonly service: string
  readonly table: string
  readonly enabled: boolean
}

/** The services whose change table is really there: one that somebody dropped must not stop the others. */
export async function listFeeds(db: DbOrTx): Promise<readonly Feed[]> {
  const { rows } = await sql<Feed>`
    select m.merchapi_name as service, m.json_table as table, m.enabled
    from sincewire.merchapi_config m
    join pg_class c on c.relname = m.json_table and c.relnamespace = 'sincewire_feed'::regnamespace`.execute(
    db,
  )
  return rows
}

function toService(row: Selectable<MerchapiConfigTable>): Service {
  return {
    name: row.merchapi_name,
    title: row.title,
    jsonTable: row.json_table,
    enabled: row.enabled,
    keyParts: row.key_parts,
    filters: row.filters,
    wakeOnCommit: row.wake_on_commit,
    loadedAt: row.loaded_at,
    refreshedAt: row.refreshed_at,
    prunedBefore: row.pruned_before,
  }
}
