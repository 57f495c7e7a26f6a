import { sql, type RawBuilder } from 'kysely'
import type { Db, DbOrTx } from './pool.ts'

/** A column of sealed values. The names are ours: src/services/secrets/registry.ts has all of them. */
export interface SealedColumn {
  /** In schema sincewire. */
  readonly table: string
  /** The sealed bytes; null where there is no secret. */
  readonly column: string
  /** Names the master key that sealed them. */
  readonly keyIdColumn: string
  /** The primary key: text. */
  readonly key: string
  /** Other columns that the context is made of. */
  readonly needs?: readonly string[]
  /** What the value is sealed for. `row`: the primary key and what it needs. */
  readonly context: (row: Readonly<Record<string, string>>) => string
}

export interface SealedValue {
  readonly row: Readonly<Record<string, string>>
  readonly sealed: Buffer
  readonly keyId: string
}

/** The next sealed values after a primary key, in its order. */
export async function readSealed(
  db: DbOrTx,
  of: SealedColumn,
  after: string,
  limit: number,
): Promise<readonly SealedValue[]> {
  const names = [of.key, ...(of.needs ?? [])]
  const columns = sql.join(names.map((name) => sql`${sql.id(name)}::text`))
  const { rows } = await sql<Record<string, string> & { sealed: Buffer; sealed_key_id: string }>`
    select ${columns}, ${sql.id(of.column)} as sealed, ${sql.id(of.keyIdColumn)} as sealed_key_id
    from ${tableOf(of)} where ${sql.id(of.column)} is not null and ${sql.id(of.key)}::text collate "C" > ${after}
    order by ${sql.id(of.key)}::text collate "C" limit ${limit}`.execute(db)
  return rows.map(({ sealed, sealed_key_id, ...row }) => ({ row, sealed, keyId: sealed_key_id }))
}

/** Puts another sealing in the place of one; false when that one was replaced or removed meanwhile. */
export async function swapSealed(
  db: DbOrTx,
  of: SealedColumn,
  value: SealedValue,
  to: { readonly sealed: Buffer; readonly keyId: string },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update ${tableOf(of)} set ${sql.id(of.column)} = ${to.sealed}, ${sql.id(of.keyIdColumn)} = ${to.keyId}
    where ${sql.id(of.key)} = ${value.row[of.key]} and ${sql.id(of.column)} = ${value.sealed}`.execute(db)
  return numAffectedRows === 1n
}

/** How many values each key has sealed. Columns that a database has not got yet (before its migration) count none. */
export async function countSealed(
  db: DbOrTx,
  columns: readonly SealedColumn[],
): Promise<ReadonlyMap<string, number>> {
  const present = await presentColumns(db, columns)
  const counts = new Map<string, number>()
  if (present.length === 0) return counts
  const each = present.map(
    (of) =>
      sql`select ${sql.id(of.keyIdColumn)} as key_id from ${tableOf(of)} where ${sql.id(of.column)} is not null`,
  )
  const { rows } = await sql<{ key_id: string; count: number }>`
    select key_id, count(*) as count from (${sql.join(each, sql` union all `)}) v group by key_id`.execute(db)
  for (const { key_id, count } of rows) counts.set(key_id, count)
  return counts
}

async function presentColumns(
  db: DbOrTx,
  columns: readonly SealedColumn[],
): Promise<readonly SealedColumn[]> {
  const { rows } = await sql<{ name: string }>`
    select c.relname || '.' || a.attname as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
    where n.nspname = 'sincewire' and a.attnum > 0 and not a.attisdropped`.execute(db)
  const there = new Set(rows.map(({ name }) => name))
  return columns.filter(
    (of) => there.has(`${of.table}.${of.column}`) && there.has(`${of.table}.${of.keyIdColumn}`),
  )
}

/** Runs `work` unless another session does: then undefined. The lock goes with the connection that holds it. */
export async function rotatingAlone<T>(db: Db, work: (held: DbOrTx) => Promise<T>): Promise<T | undefined> {
  const key = sql`hashtextextended('sincewire.rotation', 0)`
  return db.connection().execute(async (held) => {
    const { rows } = await sql<{ got: boolean }>`select pg_try_advisory_lock(${key}) as got`.execute(held)
    if (rows[0]?.got !== true) return undefined
    try {
      return await work(held)
    } finally {
      await sql`select pg_advisory_unlock(${key})`.execute(held)
    }
  })
}

function tableOf({ table }: SealedColumn): RawBuilder<unknown> {
  return sql`${sql.id('sincewire', table)}`
}
