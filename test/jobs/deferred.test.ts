import { beforeEach, describe, expect, test } from 'vitest'
import { captureTable, uncaptureTable, type CaptureOptions } from '../../src/services/capture/index.ts'
import { runDelta } from '../../src/services/delta/run.ts'
import { errorOf, expectInLine, isBlocked, liveKeys, records, session } from '../capture/support.ts'
import { eventually, testDatabase } from '../support/index.ts'
import { catchUp, logged } from './support.ts'

const database = await testDatabase()
const service = 'procurement/order'
const feed = 'procurement_order'
const fresh = 'select order_no::text, doc::text from shop.order_doc'

/** Orders with the sum of their lines; one that holds a line of quantity 0 has no document that can be made. */
await database.run(`
  create schema shop;
  create table shop.orders (order_no int primary key, status text not null default 'W');
  create table shop.line (
    order_no int not null references shop.orders on delete cascade on update cascade,
    line int, quantity int not null, primary key (order_no, line))`)
const makeView = () =>
  database.run(`create or replace view shop.order_doc as
    select o.order_no, json_build_object('orderNo', o.order_no, 'status', o.status, 'sum', coalesce(l.sum, 0), 'share', l.share) as doc
    from shop.orders o cross join lateral (
      select sum(quantity) as sum, sum(100 / quantity) as share from shop.line l where l.order_no = o.order_no) l`)
await makeView()
const options: CaptureOptions = {
  service,
  ...{ table: 'shop.orders', key: ['order_no'], keyNames: ['orderNo'], view: 'shop.order_doc' },
  ...{ watch: ['shop.line:order_no'], deferred: true },
}
await captureTable(database.db, options)

async function configure(values: string): Promise<void> {
  await database.run(`update merch.b8d_process_config set ${values} where job_name = 'delta/${service}'`)
}

beforeEach(async () => {
  await makeView()
  await configure(`num_threads = 2, num_data_to_process = 50000, commit_max_ctr = 500, archive_ind = 'N'`)
  await database.run(`delete from shop.orders; delete from sincewire.delta_failure; delete from sincewire.delta_history;
    insert into shop.orders values (1), (2), (3); insert into shop.line values (1, 1, 3), (1, 2, 7), (2, 1, 1)`)
  await catchUp(database, service)
  await expectInLine(database, feed, fresh)
})

describe('a writer', () => {
  test('files each key of a statement once, and touches neither view nor change table', async () => {
    await database.run(
      `update shop.line set quantity = quantity + 1; update shop.orders set order_no = 9 where order_no = 3`,
    )
    expect((await logged(database, feed)).toSorted()).toEqual(['1', '2', '3', '9'])
    expect(await liveKeys(database, feed)).toEqual(['1', '2', '3'])
    expect(await catchUp(database, service)).toEqual({ taken: 4, changed: 4, failed: 0 })
    await expectInLine(database, feed, fresh)
  })

  test('files what a truncate empties', async () => {
    await database.run('insert into shop.orders values (4); truncate shop.line')
    await catchUp(database, service)
    await expectInLine(database, feed, fresh)
    await database.run(
      'insert into shop.orders values (5); truncate shop.orders cascade; insert into shop.orders values (6)',
    )
    await catchUp(database, service)
    await expectInLine(database, feed, fresh)
    expect(await liveKeys(database, feed)).toEqual(['6'])
  })

  test('is not failed by a document that cannot be made, nor by a view that is broken', async () => {
    await database.run('insert into shop.line values (3, 1, 0)')
    await catchUp(database, service)
    expect(await database.run('select key, tries, error from sincewire.delta_failure')).toEqual([
      { key: '3', tries: 1, error: 'division by zero' },
    ])
  })
})

describe('nothing is lost', () => {
  test('a key that is filed again while a taker works on it stays in the log', async () => {
    const [taker, writer] = [await session(database), await session(database)]
    await database.run(`update shop.orders set status = 'A' where order_no = 1`)
    await taker.query('begin')
    await taker.query(`select * from sincewire.take_deferred('${service}', 500, false, 5, '1 hour')`)
    await writer.query(`update shop.orders set status = 'B' where order_no = 1`)
    await taker.query('commit')
    expect(await logged(database, feed)).toEqual(['1'])
    await catchUp(database, service)
    await expectInLine(database, feed, fresh)
  })

  test('a key filed by a transaction that commits after later ones is taken then', async () => {
    const [slow] = [await session(database)]
    await slow.query(`begin; update shop.line set quantity = 50 where order_no = 2`)
    await database.run(`update shop.orders set status = 'C'`)
    expect(await catchUp(database, service)).toMatchObject({ taken: 3 })
    await slow.query('commit')
    expect(await catchUp(database, service)).toMatchObject({ taken: 1, changed: 1 })
    await expectInLine(database, feed, fresh)
  })

  test('of two takers that have rows of one key the later one waits and reads after the earlier', async () => {
    const [first, second] = [await session(database), await session(database)]
    const take = `select * from sincewire.take_deferred('${service}', 1, false, 5, '1 hour')`
    await database.run(`update shop.orders set status = 'A' where order_no = 1`)
    await database.run(`update shop.orders set status = 'B' where order_no = 1`)
    await first.query('begin')
    await first.query(take)
    await database.run(`update shop.orders set status = 'C' where order_no = 1`)
    const waiting = second.query(take)
    await isBlocked(database, second)
    await first.query('commit')
    await waiting
    expect((await records(database, feed)).get('1')?.document['status']).toBe('C')
  })

  test('a taker that is killed in the middle leaves log and records as they were', async () => {
    await database.run(`update shop.orders set status = 'K'`)
    const taker = await session(database)
    await taker.query('begin')
    await taker.query(`select * from sincewire.take_deferred('${service}', 500, false, 5, '1 hour')`)
    const { processID } = taker as unknown as { processID: number }
    await database.run(`select pg_terminate_backend(${processID}, 5000)`)
    expect(await logged(database, feed)).toHaveLength(3)
    expect((await records(database, feed)).get('1')?.document['status']).toBe('W')
    await catchUp(database, service)
    await expectInLine(database, feed, fresh)
  })
})

describe('a document that cannot be made', () => {
  test('does not hold up the others, is tried again, and is set aside after so many tries', async () => {
    await configure('commit_max_ctr = 5000')
    await database.run(
      `insert into shop.orders select generate_series(10, 1209); insert into shop.line values (700, 1, 0), (701, 1, 0)`,
    )
    expect(await catchUp(database, service, 2)).toMatchObject({ failed: 2 })
    expect(await logged(database, feed)).toEqual([])
    expect((await liveKeys(database, feed)).length).toBe(1201)
    const failures = () =>
      database.run('select key, tries, retry_at is null as aside from sincewire.delta_failure order by key')
    expect(await failures()).toEqual([
      { key: '700', tries: 1, aside: false },
      { key: '701', tries: 1, aside: false },
    ])
    await database.run('update sincewire.delta_failure set retry_at = now()')
    expect(await catchUp(database, service, 2)).toEqual({ taken: 2, changed: 0, failed: 2 })
    expect(await failures()).toEqual([
      { key: '700', tries: 2, aside: true },
      { key: '701', tries: 2, aside: true },
    ])
    expect(await catchUp(database, service, 2)).toMatchObject({ taken: 0 })
    // its rows change: it is tried, and mended
    await database.run('update shop.line set quantity = 5 where order_no = 700')
    expect(await catchUp(database, service, 2)).toEqual({ taken: 1, changed: 1, failed: 0 })
    expect(await failures()).toEqual([{ key: '701', tries: 2, aside: true }])
  })

  test('a view that no longer fits its tables stops the process, and sets nothing aside', async () => {
    await database.run(`create function shop.f(n int) returns int language plpgsql as 'begin return n; end'`)
    await database.run(`create or replace view shop.order_doc as select o.order_no,
      json_build_object('orderNo', shop.f(o.order_no), 'status', status) as doc from shop.orders o`)
    await database.run(
      `create or replace function shop.f(n int) returns int language plpgsql as 'begin return no_such(n); end'`,
    )
    await database.run(`update shop.orders set status = 'F'`)
    const error = await errorOf(catchUp(database, service))
    expect(error.message).toContain('no_such')
    expect(await logged(database, feed)).toHaveLength(3)
    await database.run(
      `create or replace function shop.f(n int) returns int language plpgsql as 'begin return n; end'`,
    )
    await catchUp(database, service)
    await expectInLine(database, feed, fresh)
  })
})

describe('what steers it', () => {
  test('numDataToProcess bounds a run, commitMaxCtr a transaction', async () => {
    await configure('num_threads = 1, num_data_to_process = 25, commit_max_ctr = 10')
    await database.run('insert into shop.orders select generate_series(10, 109)')
    const done = await runDelta(database.db, service, { tries: 5, retrySeconds: 1 })
    expect(done).toEqual({ taken: 25, changed: 25, failed: 0 })
    const transactions = await database.run(
      `select distinct xid from sincewire_feed.${feed} where deleted_at is null and length(key) > 1`,
    )
    expect(transactions).toHaveLength(3)
    expect(await logged(database, feed)).toHaveLength(75)
  })

  test('numThreads takers work side by side: one that has to wait holds up its own share alone', async () => {
    await configure('num_threads = 3, commit_max_ctr = 10')
    await database.run('insert into shop.orders select generate_series(10, 309)')
    const holder = await session(database)
    await holder.query(`begin; insert into sincewire_capture."${feed}.turn" (class)
      values (hash_record_extended(row(15), 0)) on conflict (class) do update set holder = excluded.holder`)
    const running = runDelta(database.db, service, { tries: 5, retrySeconds: 1 })
    await eventually(async () => (await liveKeys(database, feed)).length === 3 + 290)
    await holder.query('commit')
    expect(await running).toMatchObject({ taken: 300, changed: 300 })
    await expectInLine(database, feed, fresh)
  })

  test('archiveInd Y keeps what was processed', async () => {
    await configure(`archive_ind = 'Y'`)
    await database.run(`update shop.orders set status = 'H' where order_no < 3`)
    await catchUp(database, service)
    expect(await database.run('select service, key from sincewire.delta_history order by key')).toEqual([
      { service, key: '1' },
      { service, key: '2' },
    ])
    expect(await logged(database, feed)).toEqual([])
  })
})

describe('switching', () => {
  test('from inline to deferred and back loses nothing, and asks for documents to be mended first', async () => {
    await database.run(
      `create table public.plain (id numeric primary key, n int); insert into public.plain values (1.0, 1), (2, 2)`,
    )
    const plain: CaptureOptions = { service: 'plain', table: 'public.plain', key: ['id'] }
    const inLine = () =>
      expectInLine(database, 'plain', 'select id::text, row_to_json(t)::text from public.plain t')
    await captureTable(database.db, plain)
    const writer = await session(database)
    await writer.query('begin; update public.plain set n = 10 where id = 1')
    const deferring = captureTable(database.db, { ...plain, deferred: true })
    await writer.query('update public.plain set n = 11 where id = 1; commit')
    await deferring
    await database.run(
      'update public.plain set id = 1.00, n = 12 where id = 1; insert into public.plain values (3, 3); delete from public.plain where id = 2',
    )
    expect((await logged(database, 'plain')).toSorted()).toEqual(['1.0', '1.00', '2', '3'])
    await captureTable(database.db, plain)
    await inLine()
    await database.run('update public.plain set n = 13')
    await inLine()
    await uncaptureTable(database.db, 'plain')
    expect(await database.run(`select from merch.b8d_process_config where service = 'plain'`)).toEqual([])
  })

  test('another key of other types starts a new log, and a rebuild brings everything in line', async () => {
    await database.run(
      `create table public.rekeyed (id int primary key, code text not null unique); insert into public.rekeyed values (1, 'a'), (2, 'b')`,
    )
    const rekeyed = { service: 'rekeyed', table: 'public.rekeyed', deferred: true }
    await captureTable(database.db, { ...rekeyed, key: ['id'] })
    await database.run(`update public.rekeyed set code = 'c' where id = 2`)
    await captureTable(database.db, { ...rekeyed, key: ['code'] })
    await database.run(`insert into public.rekeyed values (3, 'd')`)
    expect(await logged(database, 'rekeyed')).toEqual(['d'])
    await catchUp(database, 'rekeyed')
    await expectInLine(database, 'rekeyed', 'select code, row_to_json(t)::text from public.rekeyed t')
  })

  test('uncapture removes the log too', async () => {
    await database.run('create table public.brief (id int primary key)')
    await captureTable(database.db, { service: 'brief', table: 'public.brief', key: ['id'], deferred: true })
    await database.run('insert into public.brief values (1)')
    await uncaptureTable(database.db, 'brief')
    expect(
      await database.run(
        `select proname from pg_proc where proname like 'brief.%' union all select relname from pg_class where relname like 'brief.%'`,
      ),
    ).toEqual([])
  })
})
