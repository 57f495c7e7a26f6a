import { sql } from 'kysely'
import type { DbOrTx } from '../pool.ts'

/** One step of a load or rebuild. */
export interface Step {
  /** Keys looked at. */
  readonly seen: number
  /** Change rows written. */
  readonly changed: number
  /** Where the next step starts; null: there is nothing left. */
  readonly last: string | null
}

/** Brings the records of the next keys of the source up to date. `forced`: stamps those that are right, too. */
export async function reconcileChunk(
  db: DbOrTx,
  service: string,
  after: string | null,
  size: number,
  forced: boolean,
): Promise<Step> {
  const { rows } = await sql<Step>`
    select * from sincewire.capture_chunk(${service}, ${after}, ${size}, ${forced})`.execute(db)
  return rows[0] ?? NOTHING
}

/** Marks as deleted those of the next live records whose key has left the source. */
export async function reconcileVanished(
  db: DbOrTx,
  service: string,
  after: string | null,
  size: number,
): Promise<Step> {
  const { rows } = await sql<Step>`
    select * from sincewire.capture_vanished(${service}, ${after}, ${size})`.execute(db)
  return rows[0] ?? NOTHING
}

const NOTHING: Step = { seen: 0, changed: 0, last: null }

/** In this transaction, documents that differ are put right without a new stamp. */
export async function keepStamps(db: DbOrTx): Promise<void> {
  await sql`select set_config('sincewire.silent', 'on', true)`.execute(db)
}

/** About how many rows the source has: as PostgreSQL estimates, or counted where it has never looked. */
export async function estimateRows(db: DbOrTx, source: number): Promise<number> {
  const { rows } = await sql<{ estimate: number; name: string }>`
    select coalesce(sum(case when c.reltuples < 0 then 'NaN' else c.reltuples end), 0)::float8 as estimate,
           ${source}::oid::regclass::text as name
    from sincewire.capture_members(${source}::oid) m join pg_class c on c.oid = m.member
    where m.relkind = 'r'`.execute(db)
  const [row] = rows
  if (!row) return 0
  if (Number.isFinite(row.estimate)) return row.estimate
  // raw: a regclass is quoted by PostgreSQL
  const counted = await sql<{ count: number }>`select count(*) as count from ${sql.raw(row.name)}`.execute(db)
  return counted.rows[0]?.count ?? 0
}

/** How many records the change table holds, deleted ones too, as PostgreSQL estimates; 0 where it has never looked. */
export async function estimateRecords(db: DbOrTx, jsonTable: string): Promise<number> {
  const { rows } = await sql<{ estimate: number }>`
    select greatest(reltuples, 0)::float8 as estimate from pg_class
    where oid = format('sincewire_feed.%I', ${jsonTable}::text)::regclass`.execute(db)
  return rows[0]?.estimate ?? 0
}
