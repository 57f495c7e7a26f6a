import { sql } from 'kysely'
import type { Watch } from '../../domain/capture/expressions.ts'
import type { DbOrTx } from '../pool.ts'

/** The views, functions and triggers of a capture: sql/0003_capture.sql makes them from the stored definition. */

/** Makes the change table if the service has none yet. */
export async function createChangeTable(db: DbOrTx, jsonTable: string): Promise<void> {
  const { rows } = await sql<{ there: boolean }>`
    select to_regclass(format('sincewire_feed.%I', ${jsonTable}::text)) is not null as there`.execute(db)
  if (!rows[0]?.there) await sql`select sincewire.create_change_table(${jsonTable})`.execute(db)
}

/** Makes or remakes views and functions. */
export async function defineObjects(db: DbOrTx, service: string): Promise<void> {
  await sql`select sincewire.define_capture(${service})`.execute(db)
}

/** Puts missing triggers on the tables and switches on those that are off. */
export async function putTriggers(db: DbOrTx, service: string): Promise<void> {
  await sql`select sincewire.put_capture_triggers(${service})`.execute(db)
}

/** Tables that lack a trigger or have one switched off, by name: changes of theirs may have been missed. */
export async function findGaps(db: DbOrTx, service: string): Promise<readonly string[]> {
  const { rows } = await sql<{ gap: string }>`
    select g::text as gap from sincewire.capture_gaps(${service}) g order by 1`.execute(db)
  return rows.map(({ gap }) => gap)
}

/** Drops everything of the service but its rows in sincewire's own tables. */
export async function dropObjects(db: DbOrTx, service: string): Promise<void> {
  await sql`select sincewire.drop_capture(${service}, true)`.execute(db)
}

/** Bounds how long the transaction waits, and makes others wait behind it, for a lock. */
export async function limitLockWait(db: DbOrTx, milliseconds: number): Promise<void> {
  await sql`select set_config('lock_timeout', ${`${milliseconds}ms`}, true)`.execute(db)
}

/** Whether a unique index that is checked at once guards exactly these columns. */
export async function isKeyGuarded(db: DbOrTx, table: string, key: readonly string[]): Promise<boolean> {
  const { rows } = await sql<{ parts: number }>`
    select count(*) as parts from sincewire.capture_key(${table}::regclass, ${[...key]})`.execute(db)
  return rows[0]?.parts === key.length
}

/** Evaluates what only PostgreSQL can judge. Throws its error: the type has no hash, the path is none, … */
export async function tryKeyHash(db: DbOrTx, table: number, key: readonly string[]): Promise<void> {
  const { rows } = await sql<{ types: string }>`
    select string_agg(format('null::%s', k.type), ', ' order by k.n) as types
    from sincewire.capture_key(${table}::oid, ${[...key]}) k`.execute(db)
  // raw: types as the catalog writes them
  await sql`select hash_record_extended(row(${sql.raw(rows[0]?.types ?? '')}), 0)`.execute(db)
}

export async function tryJsonPath(db: DbOrTx, path: string): Promise<void> {
  await sql`select ${path}::jsonpath`.execute(db)
}

/** Evaluates a watch's expressions over no row, cast to the key's types. */
export async function tryExpressions(
  db: DbOrTx,
  table: number,
  key: readonly string[],
  watched: string,
  expressions: Watch['expressions'],
): Promise<void> {
  const { rows } = await sql<{ type: string }>`
    select k.type from sincewire.capture_key(${table}::oid, ${[...key]}) k order by k.n`.execute(db)
  const values = expressions.map((expression, index) => `(${expression})::${rows[index]?.type}`)
  // raw: splitExpressions lets nothing through that could leave the parentheses; the rest is from the catalog
  await sql`select ${sql.raw(values.join(', '))} from ${sql.raw(watched)} as watched limit 0`.execute(db)
}

/** Tables that a view reads, at any depth, by name. */
export async function tablesBehind(
  db: DbOrTx,
  view: number,
): Promise<readonly { oid: number; name: string }[]> {
  const { rows } = await sql<{ oid: number; name: string }>`
    with recursive behind(oid) as (
      select ${view}::oid
      union
      select d.refobjid from behind b cross join lateral sincewire.columns_of(b.oid) d
    )
    select c.oid::int8 as oid, c.oid::regclass::text as name from behind b join pg_class c on c.oid = b.oid
    where c.relkind in ('r', 'p', 'f', 'm') order by 2`.execute(db)
  return rows
}
