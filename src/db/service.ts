import { sql, type Selectable } from 'kysely'
import type { Instant } from '../domain/instant.ts'
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
  /** When its records last changed; null: never, or somebody dropped its change table. */
  readonly latest: Instant | null
}

/** Those of the named services that are enabled and have a change table. */
export async function findFeeds(db: DbOrTx, services: readonly string[]): Promise<readonly Feed[]> {
  const { rows } = await sql<Feed>`
    select m.merchapi_name as service, m.json_table as table, sincewire.latest_change(m.json_table) as latest
    from sincewire.merchapi_config m
    where m.merchapi_name = any(${services}::text[]) and m.enabled and m.json_table is not null`.execute(db)
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
