import { readFile, readdir } from 'node:fs/promises'
import { sql, type Kysely } from 'kysely'
import { Migrator, type Migration, type MigrationProvider } from 'kysely/migration'
import { unusable } from '../domain/errors.ts'

const folder = new URL('../../sql/', import.meta.url)
const table = {
  migrationTableName: 'migration',
  migrationLockTableName: 'migration_lock',
  migrationTableSchema: 'sincewire',
}

/**
 * Brings the schema up to date: the numbered files of sql/ that have not run yet, in one transaction under an
 * advisory lock, so any number of processes may start at once. Returns the names of those that ran.
 * Throws `unusable` when the database was made by a newer Sincewire or a file that ran is gone.
 */
export async function migrate<T>(db: Kysely<T>): Promise<string[]> {
  const migrations = await readMigrations()
  await refuseUnknown(db, Object.keys(migrations))
  if (await isMigrated(db)) return [] // nothing that only the owner may do
  const provider: MigrationProvider = { getMigrations: () => Promise.resolve(migrations) }
  const { error, results = [] } = await new Migrator({ db, provider, ...table }).migrateToLatest()
  if (error === undefined) return results.map((result) => result.migrationName)
  const failed = results.find((result) => result.status === 'Error')
  const reason = error instanceof Error ? error.message : String(error)
  throw unusable(
    `The migration ${failed?.migrationName ?? ''} failed and nothing was changed: ${reason}.`.replace(
      '  ',
      ' ',
    ),
    error,
  )
}

/** Whether every file of sql/ has run. */
export async function isMigrated<T>(db: Kysely<T>): Promise<boolean> {
  const done = await namesThatRan(db)
  return (await migrationNames()).every((name) => done.includes(name))
}

/** The files of sql/, in the order in which they run. */
export async function migrationNames(): Promise<readonly string[]> {
  return (await readdir(folder))
    .filter((file) => /^\d{4}_\w+\.sql$/.test(file))
    .sort()
    .map((file) => file.slice(0, -'.sql'.length))
}

async function refuseUnknown<T>(db: Kysely<T>, known: readonly string[]): Promise<void> {
  const unknown = (await namesThatRan(db)).find((name) => !known.includes(name))
  if (unknown === undefined) return
  throw unusable(
    unknown > (known.at(-1) ?? '')
      ? `The database was migrated by a newer Sincewire (${unknown}): install that version.`
      : `The migration ${unknown} ran on this database, but its file is missing from this installation.`,
  )
}

async function namesThatRan<T>(db: Kysely<T>): Promise<string[]> {
  const { rows } = await sql<{ found: boolean }>`
    select to_regclass('sincewire.migration') is not null as found`.execute(db)
  if (!rows[0]?.found) return []
  const done = await sql<{ name: string }>`select name from sincewire.migration order by name`.execute(db)
  return done.rows.map((row) => row.name)
}

async function readMigrations(): Promise<Record<string, Migration>> {
  const entries = (await migrationNames()).map(async (name): Promise<[string, Migration]> => {
    const text = await readFile(new URL(`${name}.sql`, folder), 'utf8')
    // No parameters: the simple protocol takes many statements at once.
    return [name, { up: async (db) => void (await sql.raw(text).execute(db)) }]
  })
  return Object.fromEntries(await Promise.all(entries))
}
