import { sql } from 'kysely'
import type { CaptureDefinition } from '../../domain/capture/definition.ts'
import type { Filter } from '../../domain/filter.ts'
import type { Instant } from '../../domain/instant.ts'
import type { DbOrTx } from '../pool.ts'

/** A service as it stands in merchapi_config, and its capture if it has one. */
export interface StoredService {
  readonly jsonTable: string | null
  readonly loadedAt: Instant | null
  readonly wake: boolean
  readonly capture: StoredCapture | null
}

export interface StoredCapture {
  readonly definition: CaptureDefinition
  readonly deferred: boolean
  /** The last key loaded, while a load is under way or was cut short. */
  readonly loadPosition: string | null
}

interface StoredRow {
  readonly json_table: string | null
  readonly loaded_at: Instant | null
  readonly wake_on_commit: boolean
  readonly load_position: string | null
  readonly deferred: boolean | null
  readonly definition: CaptureDefinition | null
}

/** The service of that name, or undefined. */
export async function findStored(db: DbOrTx, service: string): Promise<StoredService | undefined> {
  const { rows } = await sql<StoredRow>`
    select m.json_table, m.loaded_at, m.wake_on_commit, l.position as load_position, c.deferred,
           case when c.service is not null then json_build_object(
             'source', c.source::oid::int8, 'key', c.key_columns, 'view', c.document_view::oid::int8,
             'watches', (select coalesce(json_agg(json_build_object(
                           'watched', w.watched::oid::int8, 'expressions', w.expressions) order by w.position), '[]')
                         from sincewire.capture_watch w where w.service = c.service),
             'shape', json_build_object('excluded', c.excluded, 'renamed', c.renamed, 'camelCase', c.camel_case),
             'members', c.shape) end as definition
    from sincewire.merchapi_config m left join sincewire.capture c on c.service = m.merchapi_name
    left join sincewire.capture_load l on l.service = m.merchapi_name
    where m.merchapi_name = ${service}`.execute(db)
  const [row] = rows
  if (!row) return undefined
  const { definition, load_position: loadPosition } = row
  return {
    ...{ jsonTable: row.json_table, loadedAt: row.loaded_at, wake: row.wake_on_commit },
    capture: definition && { definition, loadPosition, deferred: row.deferred === true },
  }
}

/** What the service is besides its definition. */
export interface ServiceSettings {
  readonly service: string
  readonly jsonTable: string
  readonly keyNames: readonly string[]
  readonly title: string | null
  readonly filters: readonly Filter[]
  readonly wake: boolean
}

/** Writes the service's row; one that is new is not enabled. */
export async function saveService(db: DbOrTx, settings: ServiceSettings): Promise<void> {
  const values = {
    json_table: settings.jsonTable,
    key_parts: [...settings.keyNames],
    filters: JSON.stringify(settings.filters),
    wake_on_commit: settings.wake,
    ...(settings.title !== null && { title: settings.title }),
  }
  await db
    .insertInto('sincewire.merchapi_config')
    .values({ merchapi_name: settings.service, ...values })
    .onConflict((conflict) => conflict.column('merchapi_name').doUpdateSet(values))
    .execute()
}

/** Writes the definition. Another one than before loads from the start. */
export async function saveDefinition(
  db: DbOrTx,
  service: string,
  definition: CaptureDefinition,
): Promise<void> {
  const { source, key, view, watches, shape, members } = definition
  await sql`
    insert into sincewire.capture
      (service, source, key_columns, document_view, excluded, renamed, camel_case, shape)
    values (${service}, ${source}::oid, ${[...key]}, ${view}::oid, ${[...shape.excluded]},
            ${JSON.stringify(shape.renamed)}, ${shape.camelCase}, ${members && JSON.stringify(members)})
    on conflict (service) do update set
      source = excluded.source, key_columns = excluded.key_columns, document_view = excluded.document_view,
      excluded = excluded.excluded, renamed = excluded.renamed, camel_case = excluded.camel_case,
      shape = excluded.shape`.execute(db)
  await forgetLoadPosition(db, service)
  await sql`delete from sincewire.capture_watch where service = ${service}`.execute(db)
  for (const [index, { watched, expressions }] of watches.entries()) {
    await sql`insert into sincewire.capture_watch (service, position, watched, expressions)
      values (${service}, ${index + 1}, ${watched}::oid, ${[...expressions]})`.execute(db)
  }
}

/** Remembers how far the load is. */
export async function saveLoadPosition(db: DbOrTx, service: string, position: string): Promise<void> {
  await db
    .insertInto('sincewire.capture_load')
    .values({ service, position })
    .onConflict((conflict) => conflict.column('service').doUpdateSet({ position }))
    .execute()
}

async function forgetLoadPosition(db: DbOrTx, service: string): Promise<void> {
  await db.deleteFrom('sincewire.capture_load').where('service', '=', service).execute()
}

/** The load is complete: from now on the service is published. */
export async function markLoaded(db: DbOrTx, service: string, jsonTable: string): Promise<void> {
  // Keys deleted before the load came to its end were never published: nobody needs to hear of them.
  await sql`delete from ${sql.id('sincewire_feed', jsonTable)} where deleted_at is not null`.execute(db)
  await forgetLoadPosition(db, service)
  await sql`update sincewire.merchapi_config set enabled = true, loaded_at = clock_timestamp()
    where merchapi_name = ${service}`.execute(db)
}

/** A rebuild is complete. */
export async function markRefreshed(db: DbOrTx, service: string): Promise<void> {
  await sql`update sincewire.merchapi_config set refreshed_at = clock_timestamp()
    where merchapi_name = ${service}`.execute(db)
}

/** Forgets the service. Fails with 23503 when a listener has just been registered for it. */
export async function deleteService(db: DbOrTx, service: string): Promise<void> {
  await db.deleteFrom('sincewire.merchapi_config').where('merchapi_name', '=', service).execute()
}
