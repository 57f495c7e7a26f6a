import { beforeEach, describe, expect, test } from 'vitest'
import { captureTable } from '../../src/services/capture/index.ts'
import { testDatabase } from '../support/index.ts'
import { errorOf, expectInLine, isBlocked, liveKeys, records, session } from './support.ts'

const database = await testDatabase()
const service = 'procurement/order'
const feed = 'procurement_order'
const fresh = 'select order_no::text, doc::text from shop.order_doc'

/** Orders with lines; an order is published once it has two lines, with their sum and their greatest quantity. */
await database.run(`
  create schema shop;
  create table shop.orders (order_no int primary key, status text not null default 'W');
  create table shop.line (
    order_no int not null references shop.orders on delete cascade on update cascade,
    line int, quantity int not null, primary key (order_no, line));
  create view shop.order_doc as
    select o.order_no, json_build_object('orderNo', o.order_no, 'status', o.status, 'most', l.most, 'lines', l.lines) as doc
    from shop.orders o join lateral (
      select count(*) as lines, max(quantity) as most from shop.line l where l.order_no = o.order_no
    ) l on l.lines >= 2`)
await captureTable(database.db, {
  service,
  table: 'shop.orders',
  key: ['order_no'],
  keyNames: ['orderNo'],
  view: 'shop.order_doc',
  watch: ['shop.line:order_no'],
})

beforeEach(async () => {
  await database.run(`delete from shop.orders; insert into shop.orders values (1), (2);
    insert into shop.line values (1, 1, 3), (1, 2, 7), (2, 1, 1)`)
})

describe('two writers change different children of one parent', () => {
  test('the second one waits and publishes what both changed', async () => {
    const [a, b] = [await session(database), await session(database)]
    await a.query('begin; insert into shop.line values (1, 3, 8)')
    await b.query('begin')
    const blocked = b.query('insert into shop.line values (1, 4, 9)')
    await isBlocked(database, b)
    await a.query('commit')
    await blocked
    await b.query('commit')
    expect((await records(database, feed)).get('1')?.document).toMatchObject({ lines: 4, most: 9 })
    await expectInLine(database, feed, fresh)
  })

  test('it does so for a parent that has no record yet', async () => {
    const [a, b] = [await session(database), await session(database)]
    await a.query('begin; update shop.line set quantity = 5 where order_no = 2')
    const blocked = b.query('insert into shop.line values (2, 2, 9)')
    await isBlocked(database, b)
    await a.query('commit')
    await blocked
    await expectInLine(database, feed, fresh)
    expect(await liveKeys(database, feed)).toEqual(['1', '2'])
  })

  test('it does so when the first one rolls back', async () => {
    const [a, b] = [await session(database), await session(database)]
    await a.query('begin; insert into shop.line values (2, 2, 8)')
    const blocked = b.query('insert into shop.line values (2, 3, 9)')
    await isBlocked(database, b)
    await a.query('rollback')
    await blocked
    await expectInLine(database, feed, fresh)
  })

  test('it does so when the first one deletes the parent', async () => {
    const [a, b] = [await session(database), await session(database)]
    await a.query('begin; delete from shop.orders where order_no = 1')
    const refused = errorOf(b.query('insert into shop.line values (1, 9, 9)'))
    await isBlocked(database, b)
    await a.query('commit')
    expect((await refused).code).toBe('23503')
    expect(await liveKeys(database, feed)).toEqual([])
    expect((await records(database, feed)).get('1')?.deleted).toBe(true)
  })

  test.each(['repeatable read', 'serializable'])('the second one fails in %s', async (level) => {
    const [a, b] = [await session(database), await session(database)]
    await b.query(`begin isolation level ${level}; select from shop.orders`)
    await a.query('insert into shop.line values (1, 3, 8)')
    expect((await errorOf(b.query('insert into shop.line values (1, 4, 9)'))).code).toBe('40001')
    await b.query('rollback')
    await expectInLine(database, feed, fresh)
  })

  test('the second one fails in repeatable read although the first left the document as it was', async () => {
    const [a, b] = [await session(database), await session(database)]
    await b.query('begin isolation level repeatable read; select from shop.orders')
    await a.query('update shop.line set quantity = 6 where order_no = 1 and line = 1')
    // Seen alone, each leaves or finds a greatest quantity that is right; together they do not.
    const late = b.query('update shop.line set quantity = 1 where order_no = 1 and line = 2')
    expect((await errorOf(late)).code).toBe('40001')
    await b.query('rollback')
    await expectInLine(database, feed, fresh)
  })

  test('the second one fails in repeatable read although the first had nothing to publish', async () => {
    const [a, b] = [await session(database), await session(database)]
    await database.run('insert into shop.orders values (3)')
    await b.query('begin isolation level repeatable read; select from shop.orders')
    await a.query('insert into shop.line values (3, 1, 1)')
    expect((await errorOf(b.query('insert into shop.line values (3, 2, 2)'))).code).toBe('40001')
    await b.query('rollback')
    await database.run('insert into shop.line values (3, 2, 2)')
    await expectInLine(database, feed, fresh)
  })
})

test('two statements over the same parents in opposite orders wait for each other and do not deadlock', async () => {
  const many = 2_000
  await database.run(`insert into shop.orders select g from generate_series(10, ${many + 9}) g;
    insert into shop.line select g, l, 1 from generate_series(10, ${many + 9}) g, generate_series(1, 4) l`)
  const change = async (line: number, direction: 'asc' | 'desc') => {
    const client = await session(database)
    for (let round = 0; round < 3; round++) {
      await client.query(`update shop.line l set quantity = quantity + 1
        from (select order_no from shop.orders where order_no >= 10 order by order_no ${direction}) o
        where l.order_no = o.order_no and l.line = ${line}`)
    }
  }
  await Promise.all([change(1, 'asc'), change(2, 'desc'), change(3, 'asc'), change(4, 'desc')])
  await expectInLine(database, feed, fresh)
})

test('a parent that nobody published leaves no record behind', async () => {
  await database.run('insert into shop.orders values (-5); insert into shop.line values (-5, 1, 1)')
  expect((await records(database, feed)).has('-5')).toBe(false)
  await database.run('delete from shop.orders where order_no = -5')
  expect((await records(database, feed)).has('-5')).toBe(false)
})

test('a child that moves republishes the parent it left and the one it came to', async () => {
  await database.run('insert into shop.line values (2, 2, 4)')
  await database.run('update shop.line set order_no = 2, line = 9 where order_no = 1 and line = 2')
  await expectInLine(database, feed, fresh)
  expect(await liveKeys(database, feed)).toEqual(['2'])
  expect((await records(database, feed)).get('1')?.deleted).toBe(true)
})

test("a parent's new key takes its children along", async () => {
  await database.run('update shop.orders set order_no = 11 where order_no = 1')
  await expectInLine(database, feed, fresh)
  expect(await liveKeys(database, feed)).toEqual(['11'])
  expect((await records(database, feed)).get('1')?.deleted).toBe(true)
})

test('truncating the children republishes every parent', async () => {
  await database.run('truncate shop.line')
  await expectInLine(database, feed, fresh)
  expect(await liveKeys(database, feed)).toEqual([])
})

test('a plain table: two writers of one row take turns by its lock', async () => {
  await database.run(
    'create table shop.plain (id int primary key, n int not null); insert into shop.plain values (1, 0)',
  )
  await captureTable(database.db, { service: 'plain', table: 'shop.plain', key: ['id'] })
  const [a, b] = [await session(database), await session(database)]
  await a.query('begin; update shop.plain set n = n + 1')
  const blocked = b.query('update shop.plain set n = n + 10')
  await isBlocked(database, b)
  await a.query('commit')
  await blocked
  await a.query('begin; delete from shop.plain')
  const again = b.query('insert into shop.plain values (1, 5)')
  await isBlocked(database, b)
  await a.query('commit')
  await again
  await expectInLine(database, 'plain', 'select id::text, row_to_json(p)::text from shop.plain p')
})

test('a writer whose document looks published already waits for the rebuild that is changing it', async () => {
  await database.run(
    'create table shop.drift (id int primary key, n int not null); insert into shop.drift values (1, 0)',
  )
  await captureTable(database.db, { service: 'drift', table: 'shop.drift', key: ['id'] })
  await database.run(
    'alter table shop.drift disable trigger user; update shop.drift set n = 5; alter table shop.drift enable trigger user',
  )
  const [rebuild, writer] = [await session(database), await session(database)]
  await rebuild.query(`begin; select sincewire.capture_chunk('drift', null, 10, false)`)
  const blocked = writer.query('update shop.drift set n = 0')
  await isBlocked(database, writer)
  await rebuild.query('commit')
  await blocked
  expect((await records(database, 'drift')).get('1')?.document).toEqual({ id: 1, n: 0 })
})
