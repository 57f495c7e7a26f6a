import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Db } from '../../src/db/pool.ts'
import { captureTable } from '../../src/services/capture/index.ts'
import { median, openPlace, percentile, print, serve, type Place } from './place.ts'

/** By hand: node test/bench/deferred.ts. What a writer pays, and how late records are, inline and deferred. */
const ORDERS = 2_000
const ROUNDS = 7
const ways = ['bare', 'inline', 'deferred'] as const
type Way = (typeof ways)[number]

const loads: Record<string, (db: Db, way: Way) => Promise<void>> = {
  '1,000 one-row transactions (a line of an order)': async (db, way) => {
    for (let i = 0; i < 1_000; i += 1) {
      await sql`update ${sql.table(`${way}.line`)} set quantity = quantity + 1 where order_no = ${(i * 37) % ORDERS} and line = ${i % 5}`.execute(
        db,
      )
    }
  },
  'one statement over 10,000 lines': async (db, way) => {
    await sql`update ${sql.table(`${way}.line`)} set quantity = quantity + 1`.execute(db)
  },
}

async function prepare(db: Db, way: Way): Promise<void> {
  const name = (table: string) => sql.table(`${way}.${table}`)
  await sql`create schema ${sql.id(way)}`.execute(db)
  await sql`create table ${name('orders')} (order_no int primary key, status text not null default 'W')`.execute(
    db,
  )
  await sql`create table ${name('line')} (order_no int, line int, item text, quantity int, primary key (order_no, line))`.execute(
    db,
  )
  await sql`create view ${name('doc')} as select o.order_no, json_build_object('orderNo', o.order_no, 'status', o.status, 'lines',
      (select json_agg(json_build_object('line', l.line, 'item', l.item, 'quantity', l.quantity) order by l.line)
       from ${name('line')} l where l.order_no = o.order_no)) as doc from ${name('orders')} o`.execute(db)
  await sql`insert into ${name('orders')} select generate_series(0, ${ORDERS}::int - 1)`.execute(db)
  await sql`insert into ${name('line')} select o, l, 'item ' || l, 1 from generate_series(0, ${ORDERS}::int - 1) o, generate_series(0, 4) l`.execute(
    db,
  )
  await sql`analyze ${name('orders')}`.execute(db)
  await sql`analyze ${name('line')}`.execute(db)
  if (way === 'bare') return
  await captureTable(db, {
    ...{ service: way, table: `${way}.orders`, key: ['order_no'], view: `${way}.doc` },
    ...{ watch: [`${way}.line:order_no`], deferred: way === 'deferred', wake: false },
  })
}

/** What writers pay: no taker runs meanwhile, so that it is theirs alone. */
async function writers({ pool: { db } }: Place): Promise<void> {
  for (const [title, load] of Object.entries(loads)) {
    const taken: Record<Way, number[]> = { bare: [], inline: [], deferred: [] }
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const way of ways) {
        const began = performance.now()
        await load(db, way)
        taken[way].push(performance.now() - began)
      }
    }
    const bare = median(taken.bare)
    const told = ways.map(
      (way) => `${way} ${median(taken[way]).toFixed(0)} ms (${(median(taken[way]) / bare).toFixed(2)})`,
    )
    print(`${title}: ${told.join(', ')}`)
  }
}

/** From commit to the change table, with the service running; and how fast it catches up. */
async function lag(place: Place, wake: boolean): Promise<void> {
  const { db } = place.pool
  await captureTable(db, {
    ...{ service: 'deferred', table: 'deferred.orders', key: ['order_no'], view: 'deferred.doc' },
    ...{ watch: ['deferred.line:order_no'], deferred: true, wake },
  })
  const service = await serve(place)
  const waiting = async () =>
    (await sql<{ n: number }>`select count(*) as n from sincewire_capture."deferred.log"`.execute(db))
      .rows[0]!.n
  const began = performance.now()
  const backlog = await waiting()
  while ((await waiting()) > 0) await delay(5)
  if (backlog > 0) {
    print(`catching up: ${backlog} logged keys in ${(performance.now() - began).toFixed(0)} ms`)
  }
  const lags: number[] = []
  for (let i = 0; i < 100; i += 1) {
    await sql`update deferred.orders set status = ${`S${i}${wake}`} where order_no = ${i}`.execute(db)
    const committed = performance.now()
    for (;;) {
      const { rows } =
        await sql`select from sincewire_feed.deferred where key = ${String(i)} and document::text like ${`%S${i}${wake}%`}`.execute(
          db,
        )
      if (rows.length > 0) break
      await delay(1)
    }
    lags.push(performance.now() - committed)
    await delay((i * 37) % 90)
  }
  print(
    `lag, deferred${wake ? ' with --wake' : ', polled each second'}: ${median(lags).toFixed(0)} ms at the median, ${percentile(lags, 99).toFixed(0)} ms at the 99th percentile`,
  )
  await service.stop()
}

await using place = await openPlace()
for (const way of ways) await prepare(place.pool.db, way)
await writers(place)
await lag(place, false)
await lag(place, true)
