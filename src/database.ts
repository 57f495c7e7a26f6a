import { join } from 'node:path'
import type { Config } from './config.ts'
import { migrate } from './db/migrate.ts'
import { openPool, type Db, type Pool } from './db/pool.ts'
import { openServer, type Server } from './db/server.ts'
import type { Log } from './log.ts'
import { loadMasterKey } from './secrets/masterKey.ts'
import { checkVault } from './services/credential/checkVault.ts'
import { createVault, type Vault } from './secrets/vault.ts'

/** A migrated database with its pools and the key to its secrets. */
export interface OpenDatabase {
  /** For the API: queries that run too long are ended. */
  readonly apiDb: Db
  /** For the engine and for commands: no limit. */
  readonly engineDb: Db
  readonly vault: Vault
  readonly url: string
  /** For logs: without the password. */
  readonly place: string
  /** Names of those that ran when it was opened. */
  readonly migrations: readonly string[]
  /** Resolves with its last words when the embedded server ends, asked or not. */
  readonly ended: Promise<string>
  close(): Promise<void>
}

/**
 * Opens the database that the settings name and brings its schema up to date. `share`: use the embedded server of
 * a running service if there is one (for commands).
 */
export async function openDatabase(config: Config, log: Log, share = false): Promise<OpenDatabase> {
  const server = await openServer(config, log, share)
  const pools: Pool[] = []
  const close = async () => {
    await Promise.all(pools.map((pool) => pool.close()))
    await server.stop()
  }
  try {
    const migrations = await migrateOn(server, log)
    const open = (max: number, name: string, statementTimeoutMilliseconds: number) => {
      const onError = (error: Error) => log.warn({ err: error }, 'a database connection broke')
      const pool = openPool({
        url: server.url,
        max,
        applicationName: `sincewire ${name}`,
        statementTimeoutMilliseconds,
        onError,
      })
      pools.push(pool)
      return pool.db
    }
    const { apiPoolSize, enginePoolSize, apiStatementTimeoutMilliseconds } = config.database
    const key = await loadMasterKey({
      setting: config.masterKey,
      file: join(config.dataDir, 'master.key'),
    })
    const vault = createVault({ key })
    const engineDb = open(enginePoolSize, 'engine', 0)
    await checkVault(engineDb, vault)
    return {
      url: server.url,
      place: server.place,
      ended: server.ended,
      migrations,
      vault,
      close,
      apiDb: open(apiPoolSize, 'api', apiStatementTimeoutMilliseconds),
      engineDb,
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function migrateOn(server: Server, log: Log): Promise<string[]> {
  const pool = openPool({ url: server.url, max: 1, applicationName: 'sincewire migrate' })
  try {
    const migrations = await migrate(pool.db)
    if (migrations.length > 0) log.info({ migrations }, 'migrated')
    return migrations
  } finally {
    await pool.close()
  }
}
