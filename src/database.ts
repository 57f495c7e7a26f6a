import { join } from 'node:path'
import type { Config } from './config.ts'
import { migrate } from './db/migrate.ts'
import { openPool, type Db, type Pool } from './db/pool.ts'
import { openServer, type Server } from './db/server.ts'
import type { Log } from './log.ts'
import type { KeyFile } from './secrets/keyFile.ts'
import { findMasterKeys, makeMasterKey, type MasterKeySource } from './secrets/masterKey.ts'
import type { Vault } from './secrets/vault.ts'
import { checkVault } from './services/secrets/check.ts'

/** A migrated database with its pools and the key to its secrets. */
export interface OpenDatabase {
  /** For the API: queries that run too long are ended. */
  readonly apiDb: Db
  /** For the engine and for commands: no limit. */
  readonly engineDb: Db
  readonly vault: Vault
  /** Where the master key is kept; undefined where a setting gives it. */
  readonly keyFile: KeyFile | undefined
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
    const source = {
      setting: config.masterKey,
      previous: config.previousMasterKeys,
      file: join(config.dataDir, 'master.key'),
    }
    const migrations = await prepare(server, log, source)
    const open = (max: number, name: 'api' | 'engine', statementTimeoutMilliseconds: number) => {
      const onError = (error: Error) => log.warn({ err: error }, 'a database connection broke')
      const pool = openPool({
        url: server.url,
        max,
        applicationName: `sincewire ${name}`,
        statementTimeoutMilliseconds,
        actor: name,
        onError,
      })
      pools.push(pool)
      return pool.db
    }
    const { apiPoolSize, enginePoolSize, apiStatementTimeoutMilliseconds } = config.database
    const { vault, file } = await makeMasterKey(source)
    const engineDb = open(enginePoolSize, 'engine', 0)
    return {
      url: server.url,
      place: server.place,
      ended: server.ended,
      migrations,
      vault,
      keyFile: file,
      close,
      apiDb: open(apiPoolSize, 'api', apiStatementTimeoutMilliseconds),
      engineDb,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Migrates, but not before the master key has proven to be the one that sealed what is there. */
async function prepare(server: Server, log: Log, source: MasterKeySource): Promise<string[]> {
  const pool = openPool({ url: server.url, max: 1, applicationName: 'sincewire migrate' })
  try {
    await checkVault(pool.db, () => findMasterKeys(source)?.vault)
    const migrations = await migrate(pool.db)
    if (migrations.length > 0) log.info({ migrations }, 'migrated')
    return migrations
  } finally {
    await pool.close()
  }
}
