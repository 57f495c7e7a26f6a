import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { openPool, type Pool } from '../../src/db/pool.ts'
import { cleanUp } from './cleanUp.ts'

export interface TestDatabase {
  /** For the superuser. */
  readonly url: string
  readonly name: string
  /** A pool of ours on it, closed with the database. */
  readonly pool: Pool
  readonly db: Pool['db']
  /** The same database for another role. */
  urlFor(role: string, password: string): string
  /** Runs SQL text with the superuser's rights on a connection of its own. */
  run(text: string): Promise<Record<string, unknown>[]>
  drop(): Promise<void>
}

/**
 * A database of one's own: called at the top of a file or a describe (`const database = await testDatabase()`) it
 * is dropped after its tests, called in a test after that. `empty`: not even migrated.
 */
export async function testDatabase(options: { readonly empty?: boolean } = {}): Promise<TestDatabase> {
  const name = `t_${randomBytes(6).toString('hex')}`
  await onServer(async (client) => {
    const { rows } = await client.query<{ v: number }>(
      `select current_setting('server_version_num')::int as v`,
    )
    const strategy = rows[0]!.v >= 150_000 ? 'strategy wal_log' : '' // several times faster than copying files
    await client.query(
      `create database ${name} template ${options.empty ? 'template0' : inject('template')} ${strategy}`,
    )
  })
  const url = inject('serverUrl').replace(/[^/]*$/, name)
  const pool = openPool({ url, max: 10, applicationName: 'test' })
  let dropped: Promise<void> | undefined
  const drop = () =>
    (dropped ??= (async () => {
      await pool.close()
      await onServer((client) => client.query(`drop database ${name} with (force)`))
    })())
  cleanUp(drop)
  return {
    url,
    name,
    pool,
    db: pool.db,
    urlFor: (role, password) => Object.assign(new URL(url), { username: role, password }).href,
    run: (text) => onDatabase(url, async (client) => rowsOf(await client.query(text))),
    drop,
  }
}

function rowsOf(result: pg.QueryResult | pg.QueryResult[]): Record<string, unknown>[] {
  return (Array.isArray(result) ? result.at(-1) : result)?.rows ?? []
}

async function onServer<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  return onDatabase(inject('serverUrl'), work)
}

async function onDatabase<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
