import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, expect, test } from 'vitest'
import { latestChange, readRecords } from '../../src/db/feed.ts'
import { lowerEdge, pruneTicks, takeTick } from '../../src/db/tick.ts'
import { EPOCH } from '../../src/domain/instant.ts'
import { plainEdge, type Edge, type Position } from '../../src/domain/window.ts'
import { testDatabase } from '../support/index.ts'
import { makeFeed } from '../support/engine.ts'

const database = await testDatabase()
const { db } = database
const SERVICE = 'test/window'
await makeFeed(db, SERVICE)
const FEED = 'sincewire_feed.test_window'

/** What a writer may do between two looks. Sessions 0 to 3, keys 0 to 7. */
type WriterOp =
  | { readonly do: 'write' | 'delete'; readonly session: number; readonly key: number }
  | {
      readonly do: 'commit' | 'rollback' | 'savepoint' | 'rollbackTo' | 'prepare' | 'repeatable'
      readonly session: number
    }
type Op =
  | WriterOp
  | { readonly do: 'tick' }
  | { readonly do: 'prune' }
  | { readonly do: 'finishPrepared' }
  | { readonly do: 'clockBack' }

const session = fc.integer({ min: 0, max: 3 })
const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom('write' as const, 'write' as const, 'delete' as const),
      session,
      key: fc.integer({ min: 0, max: 7 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'commit' as const,
        'commit' as const,
        'rollback' as const,
        'savepoint' as const,
        'rollbackTo' as const,
        'prepare' as const,
        'repeatable' as const,
      ),
      session,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      ...([
        { do: 'tick' },
        { do: 'tick' },
        { do: 'tick' },
        { do: 'prune' },
        { do: 'finishPrepared' },
        { do: 'clockBack' },
      ] as const),
    ),
  },
)

/** Four writers on connections of their own; a step that another's row lock would block is left out. */
class Writers {
  readonly #clients: pg.Client[]
  readonly #open = [false, false, false, false]
  readonly #saved = [false, false, false, false]
  readonly #locks = new Map<number, number | string>()
  readonly #prepared: string[] = []
  #version = 0
  #names = 0
  constructor(clients: pg.Client[]) {
    this.#clients = clients
  }

  async do(step: WriterOp): Promise<void> {
    const { session: s } = step
    switch (step.do) {
      case 'write':
      case 'delete':
        return this.#write(s, step.key, step.do === 'delete')
      case 'commit':
      case 'rollback':
        return this.#end(s, step.do)
      case 'prepare':
        return this.#prepare(s)
      case 'repeatable':
        if (this.#open[s]) return
        this.#open[s] = true
        await this.#run(s, 'begin isolation level repeatable read')
        await this.#run(s, 'select 1')
        return
      case 'savepoint':
        if (!this.#open[s]) return
        this.#saved[s] = true
        await this.#run(s, 'savepoint a')
        return
      case 'rollbackTo':
        if (!this.#saved[s]) return
        await this.#run(s, 'rollback to savepoint a')
    }
  }

  async finish(): Promise<void> {
    for (const s of this.#clients.keys()) await this.#end(s, 'commit')
    while (this.#prepared.length > 0) await this.finishPrepared()
  }

  async #write(s: number, key: number, remove: boolean): Promise<void> {
    const holder = this.#locks.get(key)
    if (holder !== undefined && holder !== s) return
    if (!this.#open[s]) await this.#run(s, 'begin')
    this.#open[s] = true
    this.#locks.set(key, s)
    this.#version += 1
    const document = `json_build_object('id', '${key}', 'version', ${this.#version})`
    const change = `document = excluded.document, deleted_at = ${remove ? 'now()' : 'null'}`
    try {
      await this.#run(
        s,
        `insert into ${FEED} (key, document) values ('${key}', ${document}) on conflict (key) do update set ${change}`,
      )
    } catch (error) {
      // A repeatable-read writer that came too late: PostgreSQL refuses it, and it starts over.
      if (!(error instanceof pg.DatabaseError) || error.code !== '40001') throw error
      await this.#end(s, 'rollback')
    }
  }

  async #end(s: number, how: 'commit' | 'rollback'): Promise<void> {
    if (!this.#open[s]) return
    await this.#run(s, how)
    this.#free(s)
    this.#open[s] = this.#saved[s] = false
  }

  async #prepare(s: number): Promise<void> {
    if (!this.#open[s]) return
    const name = `p${(this.#names += 1)}`
    await this.#run(s, `prepare transaction '${name}'`)
    for (const [key, holder] of this.#locks) if (holder === s) this.#locks.set(key, name)
    this.#prepared.push(name)
    this.#open[s] = this.#saved[s] = false
  }

  async finishPrepared(): Promise<void> {
    const name = this.#prepared.shift()
    if (name === undefined) return
    await this.#run(0, this.#open[0] ? 'select 1' : `commit prepared '${name}'`)
    if (!this.#open[0]) return this.#free(name)
    this.#prepared.unshift(name) // not within a transaction: end that one first
    await this.#end(0, 'commit')
  }

  #free(holder: number | string): void {
    for (const [key, by] of this.#locks) if (by === holder) this.#locks.delete(key)
  }

  async #run(s: number, text: string): Promise<void> {
    await this.#clients[s]!.query(text)
  }
}

/** What a clock leaves behind that leapt two seconds ahead, saw a tick there, and stepped back. */
async function clockBack(): Promise<void> {
  await takeTick(db)
  await sql`update sincewire.tick_state set last_before = last_before + interval '2 seconds'`.execute(db)
  await sql`select setval('sincewire.tick_clock', (select (extract(epoch from last_before) * 1000000)::bigint from sincewire.tick_state))`.execute(
    db,
  )
}

/** What merging leaves of older ticks, at its coarsest. */
async function mergeTicksBelow(at: string): Promise<void> {
  await sql`update sincewire.tick set snapshot = null where before < ${at}`.execute(db)
}

interface Published {
  readonly id: string
  readonly version: number
  readonly action: string
}

/** Pulls a window in pages of two. */
async function pull(since: Edge, before: Edge): Promise<Published[]> {
  const all: Published[] = []
  let after: Position | null = null
  for (;;) {
    const page = await readRecords(db, 'test_window', {
      window: { since, before },
      after,
      limit: 2,
      filters: [],
    })
    all.push(...(JSON.parse(`[${page.items.toString()}]`) as Published[]))
    if (!page.hasMore) return all
    after = page.last
  }
}

class Replica {
  readonly state = new Map<string, number>()
  readonly seen: string[] = []
  apply(records: readonly Published[]): void {
    for (const { id, version, action } of records) {
      this.seen.push(`${id}/${version}/${action === 'DELETE'}`)
      if (action === 'DELETE') this.state.delete(id)
      else this.state.set(id, version)
    }
  }
}

async function truth(): Promise<Map<string, number>> {
  const { rows } = await sql<{ id: string; version: number }>`
    select key as id, (document->>'version')::int as version from sincewire_feed.test_window where deleted_at is null`.execute(
    db,
  )
  return new Map(rows.map(({ id, version }) => [id, version]))
}

const clients = await Promise.all(
  [0, 1, 2, 3].map(async () => {
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    return client
  }),
)
afterAll(() => Promise.all(clients.map((client) => client.end())))

/** Runs a schedule with a tick at each look, and hands every window to the replicas. */
async function replay(
  ops: readonly Op[],
  edgeOf: (tick: Edge) => Edge,
): Promise<{ exact: Replica; byTimestamp: Replica }> {
  await sql`truncate sincewire_feed.test_window`.execute(db)
  const writers = new Writers(clients)
  const exact = new Replica()
  const byTimestamp = new Replica()
  let since = plainEdge(EPOCH)
  const look = async () => {
    const before = edgeOf((await takeTick(db)).get(SERVICE)!)
    exact.apply(await pull(since, before))
    byTimestamp.apply(await pull(await lowerEdge(db, SERVICE, since.at), before))
    since = before
  }
  try {
    for (const step of ops) {
      if (step.do === 'tick') await look()
      else if (step.do === 'clockBack') await clockBack()
      else if (step.do === 'finishPrepared') await writers.finishPrepared()
      else if (step.do === 'prune') await mergeTicksBelow(since.at)
      else await writers.do(step)
    }
  } finally {
    await writers.finish()
  }
  // A tick is cut to the millisecond: a change of the same one comes with the next.
  do await look()
  while (((await latestChange(db, 'test_window')) ?? EPOCH) > since.at)
  return { exact, byTimestamp }
}

test(
  'windows lose no change and repeat none, whatever the order of commits',
  { timeout: 600_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(op, { minLength: 5, maxLength: 60 }), async (ops) => {
        const { exact, byTimestamp } = await replay(ops, (tick) => tick)
        const expected = await truth()
        expect(exact.state).toEqual(expected)
        expect(new Set(exact.seen).size).toBe(exact.seen.length)
        // A receiver that knows only the timestamps it was told: exact while ticks are kept, repeats once merged.
        expect(byTimestamp.state).toEqual(expected)
        const merged = ops.some((step) => step.do === 'prune')
        expect(merged || isDeepStrictEqual(byTimestamp.seen, exact.seen)).toBe(true)
      }),
      { numRuns: Number(process.env['WINDOW_RUNS'] ?? 60) },
    )
  },
)

test('the naive rule, "stamped after my last look", loses a slow writer (the control)', async () => {
  const slow: Op[] = [{ do: 'write', session: 0, key: 1 }, { do: 'tick' }, { do: 'commit', session: 0 }]
  const naive = await replay(slow, (tick) => plainEdge(tick.at))
  expect(naive.exact.state).not.toEqual(await truth())
  const right = await replay(slow, (tick) => tick)
  expect(right.exact.state).toEqual(await truth())
})

/** A tick above all that is committed: one is cut to the millisecond, and a change of the same one is left to the next. */
async function settledTick(): Promise<Edge> {
  for (;;) {
    const edge = (await takeTick(db)).get(SERVICE)!
    if (((await latestChange(db, 'test_window')) ?? EPOCH) <= edge.at) return edge
  }
}

test('a since that nobody handed out repeats and never loses', async () => {
  await sql`truncate sincewire_feed.test_window`.execute(db)
  const [slow, quick] = clients as [pg.Client, pg.Client]
  await slow.query('begin')
  await slow.query(`insert into ${FEED} (key, document) values ('slow', '{"id":"slow","version":1}')`)
  await takeTick(db)
  await quick.query(`insert into ${FEED} (key, document) values ('quick', '{"id":"quick","version":1}')`)
  const { rows } = await quick.query<{ at: string }>(
    `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"000Z"') as at`,
  )
  await takeTick(db)
  await slow.query('commit')
  const made = await lowerEdge(db, SERVICE, rows[0]!.at)
  const before = await settledTick()
  expect((await pull(made, before)).map(({ id }) => id)).toContain('slow')
})

test('an orphan prepared transaction holds back nobody else, and its rows come when it ends', async () => {
  await sql`truncate sincewire_feed.test_window`.execute(db)
  const [one, two] = clients as [pg.Client, pg.Client]
  await one.query(
    `begin; insert into ${FEED} (key, document) values ('orphan', '{"id":"orphan","version":1}'); prepare transaction 'orphan'`,
  )
  const first = await settledTick()
  await two.query(`insert into ${FEED} (key, document) values ('other', '{"id":"other","version":1}')`)
  const second = await settledTick()
  expect((await pull(first, second)).map(({ id }) => id)).toEqual(['other'])
  await one.query(`commit prepared 'orphan'`)
  const third = await settledTick()
  expect((await pull(second, third)).map(({ id }) => id)).toEqual(['orphan'])
})

test('merging old ticks keeps, for each hour, the lowest floor', async () => {
  await sql`delete from sincewire.tick`.execute(db)
  await sql`insert into sincewire.tick (service, before, floor, snapshot)
    select ${SERVICE}, t, t - interval '3 seconds', pg_current_snapshot()
    from generate_series(timestamptz '2020-01-01 10:00:10Z', '2020-01-01 12:59:50Z', '10 seconds') t`.execute(
    db,
  )
  const before = await sql<{ n: number }>`select count(*)::int as n from sincewire.tick`.execute(db)
  const went = await pruneTicks(db, 1)
  const left = await sql<{
    before: string
    floor: string
  }>`select before, floor from sincewire.tick order by before`.execute(db)
  expect(left.rows).toHaveLength(3)
  expect(went).toBe(before.rows[0]!.n - 3)
  expect(left.rows[1]).toEqual({
    before: '2020-01-01T11:59:50.000000Z',
    floor: '2020-01-01T10:59:57.000000Z',
  })
  const edge = await lowerEdge(db, SERVICE, '2020-01-01T11:30:00.000000Z')
  expect(edge).toEqual({
    at: '2020-01-01T11:30:00.000000Z',
    floor: '2020-01-01T10:59:57.000000Z',
    snapshot: null,
  })
})
