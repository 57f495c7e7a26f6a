import { sql } from 'kysely'
import type { Db, DbOrTx } from './pool.ts'

/** Whether the sample catalogue's tables are there. */
export async function hasSample(db: DbOrTx): Promise<boolean> {
  const { rows } = await sql<{
    there: boolean
  }>`select to_regclass('sample.item') is not null as there`.execute(db)
  return rows[0]?.there === true
}

/** Makes the tables and views of config/catalogue/sample.sql, given as text. */
export async function createSample(db: DbOrTx, ddl: string): Promise<void> {
  await sql.raw(ddl).execute(db)
}

/** Inserts rows whose members are named like the columns. */
export async function insertSampleRows(db: DbOrTx, table: string, rows: readonly object[]): Promise<void> {
  const target = sql.id('sample', table)
  await sql`insert into ${target} select * from json_populate_recordset(null::${target}, ${JSON.stringify(rows)}::json)`.execute(
    db,
  )
}

/** What a view of the catalogue has now: the key, its parts joined by commas, and the document's text. */
export async function readSampleDocuments(
  db: DbOrTx,
  view: string,
  key: readonly string[],
): Promise<readonly { readonly key: string; readonly document: string }[]> {
  const parts = sql.join(key.map((column) => sql.id(column)))
  const { rows } = await sql<{ key: string; document: string }>`
    select concat_ws(',', ${parts}) as key, doc::text as document from ${sql.id('sample', view)}`.execute(db)
  return rows
}

/** Runs `work` while nobody else does, here or in another process; waits for its turn. */
export async function withSampleLock<T>(db: Db, work: () => Promise<T>): Promise<T> {
  return db.connection().execute(async (connection) => {
    await sql`select pg_advisory_lock(hashtextextended('sincewire.sample', 0))`.execute(connection)
    try {
      return await work()
    } finally {
      await sql`select pg_advisory_unlock(hashtextextended('sincewire.sample', 0))`.execute(connection)
    }
  })
}
