import { Kysely, type Transaction } from 'kysely'
import pg from 'pg'
import { fromPostgres } from '../domain/instant.ts'
import { ChangerDialect } from './changer.ts'
import type { Tables } from './tables/index.ts'

export type Db = Kysely<Tables>
/** A pool's handle or an open transaction: queries take either. */
export type DbOrTx = Db | Transaction<Tables>

export interface PoolOptions {
  readonly url: string
  readonly max: number
  /** Shown in pg_stat_activity. */
  readonly applicationName: string
  /** Who changes what is changed here for nobody in particular, in the log of changes. */
  readonly actor?: 'engine' | 'api'
  /** 0: no limit (migrations, loads). */
  readonly statementTimeoutMilliseconds?: number
  /** off: a commit does not wait for the disk. A crash of PostgreSQL may then forget the last half second. */
  readonly synchronousCommit?: 'off'
  /** Connections that are kept however long nobody needs them. */
  readonly min?: number
  /** Every connection holds this advisory lock, shared with others, for as long as it lives. */
  readonly sharedLock?: readonly [classId: number, objectId: number]
  /** An idle connection broke: the pool has dropped it and opens another when needed. */
  readonly onError?: (error: Error) => void
}

export interface Pool {
  readonly db: Db
  readonly pool: pg.Pool
  close(): Promise<void>
}

const types = new pg.TypeOverrides()
types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, fromPostgres)
types.setTypeParser(pg.types.builtins.DATE, (text) => text) // a Date would be a moment in this machine's zone
types.setTypeParser(pg.types.builtins.INT8, (text) => Number(text)) // counts and ids of ours stay far below 2^53

/** Opens a pool whose sessions are fixed to UTC, ISO dates and read committed, whatever the server's defaults. */
export function openPool(options: PoolOptions): Pool {
  const { max, min, sharedLock } = options
  const pool = new pg.Pool({
    ...clientConfig(options),
    ...{ max, min: min ?? 0 },
    // Awaited, which its type does not say.
    // oxlint-disable-next-line typescript/no-misused-promises
    ...(sharedLock && { onConnect: (client) => holdSharedLock(client, sharedLock) }),
  })
  // It ends before the last of its connections has: a server that stops right then is no trouble.
  let closing = false
  pool.on('error', (error) => closing || options.onError?.(error))
  // A connection that breaks between two queries of a transaction tells only its client; without a listener that ends
  // the process. The next query on it fails and says so.
  pool.on('connect', (client) => client.on('error', () => {}))
  const db = new Kysely<Tables>({ dialect: new ChangerDialect({ pool }) })
  const close = () => {
    closing = true
    return db.destroy()
  }
  return { db, pool, close }
}

/** Takes an advisory lock that its holders share. */
export async function holdSharedLock(
  client: pg.ClientBase,
  lock: readonly [classId: number, objectId: number],
): Promise<void> {
  await client.query('select pg_advisory_lock_shared($1, $2)', [...lock])
}

/** Settings for one connection of our own kind, e.g. the one that listens. */
export function clientConfig(options: Omit<PoolOptions, 'max' | 'min' | 'sharedLock'>): pg.ClientConfig {
  return {
    connectionString: options.url,
    application_name: options.applicationName,
    types,
    keepAlive: true,
    options: [
      '-c timezone=UTC',
      '-c datestyle=ISO',
      '-c default_transaction_isolation=read\\ committed',
      '-c search_path=pg_catalog',
      '-c jit=off', // pages are short: compiling one costs more than reading it
      `-c statement_timeout=${options.statementTimeoutMilliseconds ?? 0}`,
      ...(options.actor ? [`-c sincewire.actor=${options.actor}`, `-c sincewire.via=${options.actor}`] : []),
      ...(options.synchronousCommit ? ['-c synchronous_commit=off'] : []),
    ].join(' '),
  }
}
