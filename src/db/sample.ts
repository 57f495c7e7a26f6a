import { sql } from 'kysely'
import type { DbOrTx } from './pool.ts'

/** Whether the sample catalogue's tables are there. */
export async function hasSample(db: DbOrTx): Promise<boolean> {
  const { rows } = await sql<{
    there: boolean
  }>`select to_regclass('sample.item') is not null as there`.execute(db)
  return rows[0]?.there === true
}

/** Makes the tables and views of config/catalogue/sample.sql, given as text, once: later calls wait and find them. */
export async function createSample(db: DbOrTx, ddl: string): Promise<boolean> {
  await sql`select pg_advisory_xact_lock(hashtextextended('sincewire.sample', 0))`.execute(db)
  if (await hasSample(db)) return false
  await sql.raw(ddl).execute(db)
  return true
}

/** Inserts rows whose members are named like the columns. */
export async function insertSampleRows(db: DbOrTx, table: string, rows: readonly object[]): Promise<void> {
  const target = sql.id('sample', table)
  await sql`insert into ${target} select * from json_populate_recordset(null::${target}, ${JSON.stringify(rows)}::json)`.execute(
    db,
  )
}
