import pg from 'pg'
import { expect } from 'vitest'
import { cleanUp, eventually, type TestDatabase } from '../support/index.ts'

/** A connection of one's own, as the superuser or another role; closed after the test or file. */
export async function session(database: TestDatabase, url = database.url): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {}) // a database dropped under it
  await client.connect()
  cleanUp(() => client.end())
  return client
}

/** Resolves when the session waits for a lock, and is not merely about to. */
export async function isBlocked(database: TestDatabase, client: pg.Client): Promise<void> {
  const { processID } = client as unknown as { processID: number }
  await eventually(async () => {
    const rows = await database.run(
      `select from pg_stat_activity where pid = ${processID} and wait_event_type = 'Lock' and cardinality(pg_blocking_pids(pid)) > 0`,
    )
    return rows.length === 1
  })
}

/** The change rows of a service by key: document, and whether it is deleted. */
export async function records(
  database: TestDatabase,
  jsonTable: string,
): Promise<Map<string, { document: Record<string, unknown>; deleted: boolean; stamp: string }>> {
  const { rows } = await database.pool.pool.query<Record<string, unknown>>(
    `select key, document, deleted_at is not null as deleted, changed_at::text || ' ' || xid::text as stamp
     from sincewire_feed."${jsonTable}"`,
  )
  return new Map(rows.map((row) => [row['key'] as string, row as never]))
}

/** The keys of live records, sorted. */
export async function liveKeys(database: TestDatabase, jsonTable: string): Promise<string[]> {
  const found = await records(database, jsonTable)
  return [...found].flatMap(([key, { deleted }]) => (deleted ? [] : [key])).sort()
}

/**
 * Holds the live records against what the source says now: `fresh` is a query of key and document. Whatever differs,
 * is missing or should be deleted fails the test by name.
 */
export async function expectInLine(database: TestDatabase, jsonTable: string, fresh: string): Promise<void> {
  const { rows } = await database.pool.pool.query(`
    with fresh(key, document) as (${fresh})
    select coalesce(f.key, c.key) as key, f.document::text as expected, c.document::text as published
    from fresh f full join (select * from sincewire_feed."${jsonTable}" where deleted_at is null) c on c.key = f.key
    where f.document::text is distinct from c.document::text`)
  expect(rows).toEqual([])
}

/** The error that a query ends with. */
export async function errorOf(work: Promise<unknown>): Promise<pg.DatabaseError> {
  try {
    await work
  } catch (error) {
    return error as pg.DatabaseError
  }
  throw new Error('it did not fail')
}

/** A random number generator with a seed (mulberry32): integers from 0 to below `n`. */
export function dice(seed: number): (n: number) => number {
  let state = seed
  return (n) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % n
  }
}
