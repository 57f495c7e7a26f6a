import { sql } from 'kysely'
import pg from 'pg'
import { expect, test } from 'vitest'
import { startEmbedded, throwAwaySettings } from '../../src/db/embedded/index.ts'
import { readRecords } from '../../src/db/feed.ts'
import { migrate } from '../../src/db/migrate.ts'
import { openPool, type Db } from '../../src/db/pool.ts'
import { takeTick } from '../../src/db/tick.ts'
import type { Edge } from '../../src/domain/window.ts'
import { createLog } from '../../src/log.ts'
import { makeFeed } from '../support/engine.ts'
import { cleanUp, scratch, testDatabase } from '../support/index.ts'

const SERVICE = 'test/survive'
const TABLE = 'test_survive'
const put = (key: string) =>
  `insert into sincewire_feed.${TABLE} (key, document) values ('${key}', '{"id":"${key}"}')`

async function tick(db: Db): Promise<Edge> {
  return (await takeTick(db)).get(SERVICE)!
}

async function pull(db: Db, since: Edge, before: Edge): Promise<string[]> {
  const page = await readRecords(db, TABLE, {
    window: { since, before },
    after: null,
    limit: 1000,
    filters: [],
  })
  return (JSON.parse(`[${page.items.toString()}]`) as { id: string }[]).map(({ id }) => id)
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  cleanUp(() => client.end())
  return client
}

/** Uses up transaction ids, so that those of one cluster lie above the other's. */
async function burnXids(db: Db, n: number): Promise<void> {
  for (let i = 0; i < n; i += 1) await sql`select pg_current_xact_id()`.execute(db)
}

/** What a dump carries over: rows and sequences as they are, no transaction ids that mean anything there. */
async function dumpInto(from: Db, to: Db): Promise<void> {
  const tables = [
    'sincewire.merchapi_config',
    'sincewire.tick',
    'sincewire.tick_writer',
    'sincewire.tick_state',
    `sincewire_feed.${TABLE}`,
  ]
  await sql`delete from sincewire.tick_state`.execute(to)
  for (const name of tables) {
    if (name.startsWith('sincewire_feed'))
      await sql`select sincewire.create_change_table(${TABLE})`.execute(to)
    const table = sql.table(name)
    // pg_restore makes triggers after the rows are in
    await sql`alter table ${table} disable trigger user`.execute(to)
    const { rows } = await sql<{
      all: string | null
    }>`select json_agg(t)::text as all from ${table} t`.execute(from)
    await sql`insert into ${table} select * from json_populate_recordset(null::${table}, ${rows[0]?.all ?? '[]'}::json)`.execute(
      to,
    )
    await sql`alter table ${table} enable trigger user`.execute(to)
  }
  await sql`alter table ${sql.table(`sincewire_feed.${TABLE}`)} enable always trigger stamp_change`.execute(
    to,
  )
  const { rows } = await sql<{ at: number }>`select last_value as at from sincewire.tick_clock`.execute(from)
  await sql`select setval('sincewire.tick_clock', ${rows[0]!.at})`.execute(to)
}

test.each([
  ['lie above', 400, 0],
  ['lie below', 0, 400],
])(
  'a dump restored into a fresh server loses nothing, when its transaction ids %s the new ones',
  async (_where, oldBurn, newBurn) => {
    const old = await testDatabase()
    await makeFeed(old.db, SERVICE)
    await burnXids(old.db, oldBurn)
    const slow = await connect(old.url)
    await old.run(put('settled'))
    await slow.query(`begin; ${put('slow')}`)
    const since = await tick(old.db)
    expect(since.floor < since.at).toBe(true)
    await old.run(put('late'))
    await slow.query('commit')

    const dataDir = scratch()
    const server = await startEmbedded({ dataDir, log: createLog('silent'), settings: throwAwaySettings })
    const fresh = openPool({ url: server.url, max: 3, applicationName: 'test' })
    try {
      await migrate(fresh.db)
      await burnXids(fresh.db, newBurn)
      await dumpInto(old.db, fresh.db)
      const writer = new pg.Client({ connectionString: server.url })
      await writer.connect()
      await writer.query(`begin; ${put('new')}`)
      const first = await tick(fresh.db)
      const early = await pull(fresh.db, since, first)
      await writer.query('commit')
      await writer.end()
      const second = await settled(fresh.db)
      const later = await pull(fresh.db, first, second)
      expect([...early, ...later].toSorted()).toEqual(['late', 'new', 'slow'])
    } finally {
      await fresh.close()
      await server.stop()
    }
  },
)

test('a role that may not see other sessions takes ticks that lose nothing', async () => {
  const database = await testDatabase()
  await makeFeed(database.db, SERVICE)
  const role = `plain_${database.name}`
  await database.run(`create role ${role} login password 'secret';
    grant usage on schema sincewire, sincewire_feed to ${role};
    grant all on all tables in schema sincewire, sincewire_feed to ${role};
    grant all on all sequences in schema sincewire to ${role}`)
  cleanUp(() => database.run(`drop owned by ${role}; drop role ${role}`))
  const plain = openPool({ url: database.urlFor(role, 'secret'), max: 2, applicationName: 'plain' })
  try {
    const slow = await connect(database.url)
    await slow.query(`begin; ${put('slow')}`)
    const since = await tick(plain.db)
    expect(since.floor < since.at).toBe(true)
    await slow.query('commit')
    expect(await pull(plain.db, since, await settled(plain.db))).toEqual(['slow'])
  } finally {
    await plain.close()
  }
})

/** A tick above everything committed: one is cut to the millisecond. */
async function settled(db: Db): Promise<Edge> {
  for (;;) {
    const edge = await tick(db)
    const { rows } = await sql<{
      above: boolean
    }>`select exists (select from sincewire_feed.test_survive where changed_at > ${edge.at}::timestamptz) as above`.execute(
      db,
    )
    if (!rows[0]?.above) return edge
  }
}
