/**
 * What capture costs writers while a change table is bloated: while somebody's long transaction keeps vacuum from
 * removing what was changed again and again, and after it has ended. By hand: `node test/bench/bloat.ts`.
 */
import pg from 'pg'
import { readRecords } from '../../src/db/feed.ts'
import { takeTick } from '../../src/db/tick.ts'
import { captureTable } from '../../src/services/capture/index.ts'
import { median, openPlace, percentile, print } from './place.ts'

const ROWS = 100_000
/** Dead versions of each row, in the end. */
const VERSIONS = [0, 5, 20]
const SINGLES = 2000
const BULK = 5000

await using place = await openPlace()
const { pool, db } = place.pool
await pool.query(`
  create schema shop;
  create table shop.bare (id int primary key, n int not null, note text not null);
  insert into shop.bare select g, 0, repeat('x', 300) from generate_series(1, ${ROWS}) g;
  create table shop.captured (like shop.bare including all);
  insert into shop.captured select * from shop.bare`)
await captureTable(db, { service: 'captured', table: 'shop.captured', key: ['id'] })
await pool.query('vacuum analyze')
print((await pool.query<{ version: string }>('select version()')).rows[0]!.version)
print(
  `${ROWS} rows of 300 bytes; milliseconds of a transaction of one row (p50, p99), of a statement over ${BULK} rows,`,
)
print("of a page of 1,000 records, and of a sweep's tick; megabytes of the change table with its indexes")

const holder = new pg.Client({ connectionString: place.url })
await holder.connect()
await holder.query('begin isolation level repeatable read; select 1')
let made = 0
for (const versions of VERSIONS) {
  // Only the change table: the source's own bloat is its writers' affair.
  for (; made < versions; made += 1)
    await pool.query('update sincewire_feed.captured set deleted_at = deleted_at')
  await pool.query('checkpoint')
  await measure(`${versions} dead versions a row`)
}
await holder.query('commit')
await holder.end()
const started = performance.now()
await pool.query('vacuum sincewire_feed.captured')
await measure(`after a vacuum of ${(performance.now() - started).toFixed(0)} ms`)

async function measure(what: string): Promise<void> {
  const [bare, captured] = await singles()
  const bulk = { bare: [] as number[], captured: [] as number[] }
  for (let round = 0; round < 3; round += 1) {
    for (const table of ['bare', 'captured'] as const) bulk[table].push(await bulkUpdate(table, round))
  }
  const { rows } = await pool.query<{ mb: number }>(
    `select round(pg_total_relation_size('sincewire_feed.captured') / 1048576.0)::int as mb`,
  )
  const of = (values: readonly number[]) =>
    `${median(values).toFixed(2)} ${percentile(values, 99).toFixed(2)}`
  print(
    `${what.padEnd(28)} row: bare ${of(bare)}, captured ${of(captured)}; ${BULK} rows: bare ${median(bulk.bare).toFixed(0)}, captured ${median(bulk.captured).toFixed(0)}; page ${(await page()).toFixed(1)}; tick ${(await tick()).toFixed(1)}; ${rows[0]!.mb} MB`,
  )
}

/** In turn, so that what else the machine does weighs on both. */
async function singles(): Promise<[number[], number[]]> {
  const times: Record<'bare' | 'captured', number[]> = { bare: [], captured: [] }
  for (let n = 0; n < SINGLES; n += 1) {
    for (const table of ['bare', 'captured'] as const) {
      const start = performance.now()
      await pool.query({
        name: table,
        text: `update shop.${table} set n = n + 1 where id = $1`,
        values: [1 + ((n * 7919) % ROWS)],
      })
      times[table].push(performance.now() - start)
    }
  }
  return [times.bare, times.captured]
}

async function bulkUpdate(table: string, round: number): Promise<number> {
  const from = round * BULK
  const start = performance.now()
  await pool.query(`update shop.${table} set n = n + 1 where id > ${from} and id <= ${from + BULK}`)
  return performance.now() - start
}

/** A page of what changed since a tick ago. */
async function page(): Promise<number> {
  const since = (await takeTick(db)).get('captured')!
  await pool.query('update shop.captured set n = n + 1 where id <= 1000')
  const before = (await takeTick(db)).get('captured')!
  const start = performance.now()
  await readRecords(db, 'captured', { window: { since, before }, after: null, limit: 1000, filters: [] })
  return performance.now() - start
}

async function tick(): Promise<number> {
  const times: number[] = []
  for (let n = 0; n < 20; n += 1) {
    const start = performance.now()
    await takeTick(db)
    times.push(performance.now() - start)
  }
  return median(times)
}
