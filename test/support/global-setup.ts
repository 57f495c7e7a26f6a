import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { removeDataFolder, startEmbedded, throwAwaySettings } from '../../src/db/embedded/index.ts'
import { migrate } from '../../src/db/migrate.ts'
import { openPool } from '../../src/db/pool.ts'
import { createLog } from '../../src/log.ts'
import { scratchFolder } from './scratch.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Superuser's URL of the run's server, database postgres. */
    serverUrl: string
    /** A migrated database to clone. */
    template: string
  }
}

/** One PostgreSQL for the whole run, with one migrated database that test files clone. PG_BIN: another version's programs. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = scratchFolder()
  const server = await startEmbedded({
    dataDir,
    log: createLog('error', process.stderr),
    binDir: process.env['PG_BIN'],
    settings: { ...throwAwaySettings, max_prepared_transactions: '20', max_connections: '200' },
  })
  const pool = openPool({ url: server.url, max: 2, applicationName: 'test setup' })
  await migrate(pool.db)
  await pool.close()
  const serverUrl = server.url.replace(/\/sincewire$/, '/postgres')
  // Closed to everybody: a template must have no connections while it is cloned.
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  await client.query('alter database sincewire is_template true allow_connections false')
  await client.end()
  project.provide('serverUrl', serverUrl)
  project.provide('template', 'sincewire')
  return async () => {
    await server.stop()
    removeDataFolder(dataDir)
  }
}
