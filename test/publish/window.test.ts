import fc from 'fast-check'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { takeTick } from '../../src/db/tick.ts'
import { EPOCH, parseInstant, type Instant } from '../../src/domain/instant.ts'
import { pullWindow } from '../../src/services/publish/window.ts'
import { testDatabase } from '../support/index.ts'
import {
  beforeOf,
  linkOf,
  makeFeed,
  servePublish,
  type Envelope,
  type PublishedRecord,
  type TestFeed,
} from './harness.ts'

const database = await testDatabase()
const { get, readPage } = await servePublish(database)

interface Pulled {
  readonly records: readonly PublishedRecord[]
  readonly before: string
}

/** All pages of one window. */
async function pull(place: string): Promise<Pulled> {
  const records: PublishedRecord[] = []
  let answer = await get(place)
  const before = beforeOf(answer.body)
  for (;;) {
    if (answer.status !== 200) throw new Error(answer.text)
    records.push(...answer.body.items)
    const next = linkOf(answer.body, 'next')
    if (!next) return { records, before }
    answer = await get(next.href)
  }
}

/** The same by the verbs, with an optimalBefore of so many records. */
async function pullOptimal(feed: TestFeed, since: Instant, optimalRecords: number): Promise<Pulled> {
  const named = { name: feed.service, jsonTable: feed.jsonTable }
  const window = await pullWindow(
    database.db,
    named,
    { since, before: null, optimalBefore: true },
    optimalRecords,
  )
  const page = await readPage({
    service: feed.service,
    window,
    after: null,
    limit: 100_000,
    projection: null,
  })
  return { records: (JSON.parse(page.bytes.toString()) as Envelope).items, before: window.before.at }
}

async function connect(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  return client
}

/** A transaction that has written and stays open while `work` runs; committed afterwards. */
async function whileOpen<T>(statements: string, work: () => Promise<T>): Promise<T> {
  const client = await connect()
  try {
    await client.query(`begin; ${statements}`)
    const result = await work()
    await client.query('commit')
    return result
  } finally {
    await client.end()
  }
}

const idsOf = ({ records }: Pulled) => records.map(({ id }) => id)
const serverTime = async () => {
  const [row] = await database.run(
    `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as now`,
  )
  return row!['now'] as string
}

describe('a slow writer', () => {
  test('delays only its own rows: the next window brings them, once', async () => {
    const feed = await makeFeed(database, 'slow')
    const first = await whileOpen(feed.upsert('late', { id: 'late' }), async () => {
      await database.run(feed.upsert('soon', { id: 'soon' }))
      return pull('slow')
    })
    await database.run(feed.upsert('after', { id: 'after' }))
    const second = await pull(`slow?since=${first.before}`)
    const third = await pull(`slow?since=${second.before}`)
    expect([idsOf(first), idsOf(second), idsOf(third)]).toEqual([['soon'], ['late', 'after'], []])
    // Handed out, so exact for good.
    expect(idsOf(await pull(`slow?before=${first.before}`))).toEqual(['soon'])
  })

  test.each([
    ['that no tick has passed yet', false],
    ['that a tick has passed', true],
  ])('loses nothing behind a made-up before %s', async (name, passed) => {
    const feed = await makeFeed(database, `made up ${passed}`)
    await database.run(feed.upsert('done', { id: 'done' }))
    const path = encodeURIComponent(feed.service)
    const first = await whileOpen(feed.upsert('late', { id: 'late' }), async () => {
      const before = await serverTime()
      if (passed) await takeTick(database.db)
      return pull(`${path}?before=${before}`)
    })
    expect([name, idsOf(first)]).toEqual([name, ['done']])
    expect(idsOf(await pull(`${path}?since=${first.before}`))).toContain('late')
  })

  test('loses nothing behind a since that the caller’s own clock made up', async () => {
    const feed = await makeFeed(database, 'own clock')
    const asked = await whileOpen(feed.upsert('late', { id: 'late' }), async () => {
      const now = await serverTime()
      expect(idsOf(await pull('own%20clock'))).toEqual([])
      return now
    })
    expect(idsOf(await pull(`own%20clock?since=${asked}`))).toEqual(['late'])
  })
})

test('a row that changes while its window is being paged leaves it and comes with the next', async () => {
  const feed = await makeFeed(database, 'moving')
  await database.run(['a', 'b', 'c'].map((id) => feed.upsert(id, { id, v: 1 })).join(''))
  const { body } = await get('moving?limit=1')
  await database.run(feed.upsert('b', { id: 'b', v: 2 }))
  const rest = await pull(linkOf(body, 'next')!.href)
  expect([body.items[0]!['id'], idsOf(rest)]).toEqual(['a', ['c']])
  expect((await pull(`moving?since=${rest.before}`)).records).toMatchObject([
    { id: 'b', v: 2, action: 'UPDATE' },
  ])
})

test('a pull of a webhook’s window gets byte for byte what its PAYLOAD carries', async () => {
  const feed = await makeFeed(database, 'same/bytes')
  const tick = async () => (await takeTick(database.db)).get(feed.service)!
  await database.run([1, 2, 3, 4].map((id) => feed.upsert(`${id}`, { id, more: 'é' })).join(''))
  await tick()
  // Both edges fall while somebody writes, so that timestamps alone would not do.
  const since = await whileOpen(feed.upsert('5', { id: 5 }), tick)
  const before = await whileOpen(feed.upsert('6', { id: 6 }), () =>
    database.run(feed.upsert('2', { id: 22 })).then(tick),
  )
  const projection = 'include=items.id%2Citems.action'
  const request = { service: feed.service, window: { since, before }, after: null, limit: 1, projection }
  const payload = [await readPage(request)]
  payload.push(await readPage({ ...request, after: payload[0]!.last }))
  expect(payload.map(({ count, hasMore }) => [count, hasMore])).toEqual([
    [1, true],
    [1, false],
  ])
  expect(payload.map(({ bytes }) => JSON.parse(bytes.toString()).items[0])).toEqual([
    { action: 'INSERT', id: 5 },
    { action: 'UPDATE', id: 22 },
  ])
  const pulled = await get(
    `same/bytes?since=${since.at.slice(0, 23)}Z&before=${before.at.slice(0, 23)}Z&limit=1&include=items.id,items.action`,
  )
  expect(pulled.text).toBe(payload[0]!.bytes.toString())
  expect((await get(linkOf(pulled.body, 'next')!.href)).text).toBe(payload[1]!.bytes.toString())
})

test('the pages of any limit put together are the window, each record once', async () => {
  const feed = await makeFeed(database, 'paged')
  // Bulk statements: many rows in one millisecond.
  await database.run(
    `insert into sincewire_feed.paged (key, document) select i, json_build_object('id', i) from generate_series(1, 60) i`,
  )
  const whole = await pull('paged')
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 70 }), async (limit) => {
      expect(idsOf(await pull(`${feed.service}?limit=${limit}&before=${whole.before}`))).toEqual(idsOf(whole))
    }),
    { numRuns: 15 },
  )
})

describe('optimalBefore', () => {
  test('cuts a long window into exact ones of about so many records, also behind a slow writer', async () => {
    const feed = await makeFeed(database, 'optimal')
    const many = (from: number, to: number) =>
      database.run(`do $$ begin for i in ${from}..${to} loop
        insert into sincewire_feed.optimal (key, document) values (i, json_build_object('id', i));
        if i % 5 = 0 then perform pg_sleep(0.002); end if; end loop; end $$`)
    const start = (await pull('optimal')).before
    await many(1, 100)
    const during: Pulled[] = []
    await whileOpen(feed.upsert('late', { id: 'late' }), async () => {
      await database.run(
        Array.from(
          { length: 20 },
          (_, i) => feed.upsert(`x${i}`, { id: `x${i}` }) + 'select pg_sleep(0.001);',
        ).join(''),
      )
      await takeTick(database.db)
      await many(101, 150)
      for (let since = start; since !== during.at(-2)?.before; since = during.at(-1)!.before) {
        during.push(await pullOptimal(feed, parseInstant(`${since.slice(0, 23)}Z`)!, 20))
        if (during.at(-1)!.records.length === 0) break
      }
    })
    const after = await pull(`optimal?since=${during.at(-1)!.before.slice(0, 23)}Z`)
    expect(idsOf(after)).toEqual(['late'])
    const ids = during.flatMap(idsOf)
    expect(ids.length).toBe(170)
    expect(new Set(ids).size).toBe(170)
    expect(during.length).toBeGreaterThan(5)
    expect(Math.max(...during.map(({ records }) => records.length))).toBeLessThan(60)
  })

  test('does nothing with a before, or for a window that starts long ago', async () => {
    const feed = { name: 'optimal', jsonTable: 'optimal' }
    const before = parseInstant(await serverTime())!
    expect(
      (await pullWindow(database.db, feed, { since: EPOCH, before, optimalBefore: true }, 1)).before.at,
    ).toBe(before)
    const open = await pullWindow(database.db, feed, { since: EPOCH, before: null, optimalBefore: true }, 1)
    expect(open.before.at > before).toBe(true)
  })
})

describe('receivers that take each answer’s before as their next since', () => {
  interface Replica {
    readonly name: string
    readonly state: Map<string, PublishedRecord>
    readonly repeats: string[]
    readonly disorder: string[]
    since: string
  }
  const replica = (name: string): Replica => ({
    name,
    state: new Map(),
    repeats: [],
    disorder: [],
    since: '1970-01-01T00:00:00.000Z',
  })

  function apply(to: Replica, { records, before }: Pulled): void {
    for (const record of records) {
      const id = String(record['id'])
      const last = to.state.get(id)
      if (last?.['n'] === record['n'] && last?.action === record.action)
        to.repeats.push(`${id}: ${String(record['n'])}`)
      if (last && last.cacheTimestamp > record.cacheTimestamp) to.disorder.push(id)
      to.state.set(id, record)
    }
    to.since = `${before.slice(0, 23)}Z`
  }

  /** Transactions of upserts and deletes that stay open a while; some roll back, wholly or to a savepoint. */
  async function write(feed: TestFeed, writer: number, transactions: number): Promise<void> {
    const client = await connect()
    for (let t = 0; t < transactions; t++) {
      const keys = Array.from({ length: 1 + Math.floor(Math.random() * 4) }, () =>
        Math.floor(Math.random() * 40),
      )
      await client.query('begin')
      for (const key of [...new Set(keys)].sort((a, b) => a - b)) {
        const id = `k${key}`
        const lost = Math.random() < 0.1
        if (lost) await client.query('savepoint s')
        await client.query(
          Math.random() < 0.2 ? feed.remove(id) : feed.upsert(id, { id, n: `${writer}/${t}` }),
        )
        if (lost) await client.query('rollback to savepoint s')
        await client.query('select pg_sleep($1)', [Math.random() < 0.2 ? Math.random() * 0.15 : 0])
      }
      await client.query(Math.random() < 0.1 ? 'rollback' : 'commit')
    }
    await client.end()
  }

  test('never miss and never repeat, whatever the writers do', async () => {
    const feed = await makeFeed(database, 'busy')
    const replicas = ['limit=3', 'limit=50', 'optimal', 'made up'].map(replica)
    const once = async (to: Replica) => {
      if (to.name === 'optimal') return pullOptimal(feed, parseInstant(to.since)!, 3)
      if (to.name === 'made up') return pull(`busy?since=${to.since}&before=${await serverTime()}`)
      return pull(`busy?since=${to.since}&${to.name}`)
    }
    let writing = true
    const followed = replicas.map(async (to) => {
      while (writing) apply(to, await once(to))
    })
    await Promise.all([1, 2, 3, 4, 5, 6].map((writer) => write(feed, writer, 40)))
    writing = false
    await Promise.all(followed)
    for (const to of replicas)
      for (let more = 1; more > 0;) {
        const rest = await once(to)
        apply(to, rest)
        more = to.name === 'made up' ? 0 : rest.records.length
      }
    const rows = await database.run(
      'select key, document::text, deleted_at is not null as gone from sincewire_feed.busy order by key',
    )
    const truth = rows.map((row) => [row['key'], JSON.parse(row['document'] as string).n, row['gone']])
    for (const to of replicas) {
      const seen = [...to.state]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([id, record]) => [id, record['n'], record.action === 'DELETE'])
      // A before of one's own may bring records twice.
      const repeats = to.name === 'made up' ? [] : to.repeats
      expect({ name: to.name, seen, repeats, disorder: to.disorder }).toEqual({
        ...{ name: to.name, seen: truth, repeats: [], disorder: [] },
      })
    }
  })
})
