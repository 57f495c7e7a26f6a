import { beforeEach, expect, test } from 'vitest'
import { captureTable, uncaptureTable, type CaptureOptions } from '../../src/services/capture/index.ts'
import { testDatabase } from '../support/index.ts'
import { expectInLine, liveKeys, records, session } from './support.ts'

/** A table as one may meet it, and writes that bring out what is special about it. */
interface Shape {
  readonly make: string
  readonly table: string
  readonly key: readonly string[]
  /** The key's text over a row t, in the test's own words. */
  readonly keyText: string
  /** The document over a row t; default: the whole row. */
  readonly document?: string
  readonly options?: Partial<CaptureOptions>
  readonly writes: readonly string[]
  /** Empties what the table's own truncate does not. */
  readonly emptied?: string
  /** Live keys after the writes, sorted. */
  readonly keys: readonly string[]
}

const database = await testDatabase()
const client = await session(database)
const run = async (text: string) => (await client.query<Record<string, unknown>>(text)).rows
const [row] = await run(`select current_setting('server_version_num')::int as version`)
const version = Number(row?.['version'])
await run('create schema extra; create extension citext schema extra')

/** The same writes for a table (id, v) of any key type: literals of three keys, and another for the second one. */
function keyed(
  type: string,
  [a, b, c]: readonly [string, string, string],
  moved: string,
  texts: readonly string[],
): Shape {
  return {
    make: `create table public.keyed (id ${type} primary key, v int)`,
    ...{ table: 'public.keyed', key: ['id'], keyText: 't.id::text', keys: texts },
    writes: [
      `insert into public.keyed values (${a}, 1), (${b}, 2), (${c}, 3)`,
      `update public.keyed set v = v + 1 where id <> ${a}`,
      `delete from public.keyed where id = ${c}`,
      `update public.keyed set id = ${moved} where id = ${b}`,
    ],
  }
}

const shapes: Record<string, Shape> = {
  'an integer key': keyed('int', ['1', '-2', '3'], '4', ['1', '4']),
  'a text key with commas, backslashes, braces and nothing': keyed(
    'text',
    [`'a,b\\c'`, `''`, `'{{feed}}'`],
    `'"x" é\n'`,
    ['"x" é\n', 'a,b\\c'],
  ),
  'a char key': keyed('char(4)', [`'a'`, `'bb'`, `'c'`], `'dddd'`, ['a', 'dddd']),
  'a uuid key': keyed(
    'uuid',
    [
      `'00000000-0000-0000-0000-00000000000a'`,
      `'00000000-0000-0000-0000-00000000000B'`,
      `'00000000-0000-0000-0000-00000000000c'`,
    ],
    `'00000000-0000-0000-0000-00000000000d'`,
    ['00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-00000000000d'],
  ),
  'a numeric key that changes its scale': keyed('numeric', ['1.0', '2.50', '3'], '2.5', ['1.0', '2.5']),
  'a float key with two zeros': keyed('float8', ['0.1', '0', '3'], `'-0'`, ['-0', '0.1']),
  'a bytea key': keyed('bytea', [`'\\x00ff'`, `'\\x'`, `'\\x03'`], `'\\x2c5c'`, ['\\x00ff', '\\x2c5c']),
  'a timestamptz key': keyed(
    'timestamptz',
    [`'2026-01-01 00:00+02'`, `'2026-06-01 12:00:00.123456+00'`, `'2026-07-01'`],
    `'infinity'`,
    ['2025-12-31 22:00:00+00', 'infinity'],
  ),
  'a date key': keyed('date', [`'2026-01-31'`, `'2026-02-01'`, `'2026-03-01'`], `'2027-01-01'`, [
    '2026-01-31',
    '2027-01-01',
  ]),
  'an array key': keyed('int[]', [`'{1,2}'`, `'{}'`, `'{3,NULL}'`], `'{{1},{2}}'`, ['{1,2}', '{{1},{2}}']),
  'a range key': keyed('int4range', [`'[1,5)'`, `'empty'`, `'[7,)'`], `'(,3]'`, ['(,4)', '[1,5)']),
  'a boolean key': {
    ...keyed('bool', ['true', 'false', 'null'], 'false', ['false', 'true']),
    writes: [
      'insert into public.keyed values (true, 1)',
      'update public.keyed set id = false',
      'insert into public.keyed values (true, 2)',
    ],
  },
  'a citext key that changes its case': keyed('extra.citext', [`'Ab'`, `'cD'`, `'e'`], `'CD'`, ['Ab', 'CD']),
  'an enum key': {
    ...keyed('public.mood', [`'sad'`, `'ok, then'`, `'gone'`], `'gone'`, ['gone', 'sad']),
    make: `create type public.mood as enum ('sad', 'ok, then', 'gone'); create table public.keyed (id public.mood primary key, v int)`,
  },
  'a domain over a composite key': {
    make: `create domain public.code as text check (value <> ''); create table public.keyed (a public.code, b numeric(6,2), c date, v int, primary key (c, a, b))`,
    ...{
      table: 'public.keyed',
      key: ['a', 'b', 'c'],
      keys: ['x\\,1,1.50,2026-01-01', 'y\\\\,2.00,2026-01-02'],
    },
    keyText: `replace(replace(t.a::text, '\\', '\\\\'), ',', '\\,') || ',' || t.b || ',' || t.c`,
    writes: [
      `insert into public.keyed values ('x,1', 1.5, '2026-01-01', 1), ('y\\', 2, '2026-01-01', 1), ('z', 3, '2026-01-03', 1)`,
      `update public.keyed set c = c + 1 where a like 'y%'`,
      `delete from public.keyed where a = 'z'`,
    ],
  },
  'odd names': {
    make: `create table "Odd ""Schema"."Or%der""$rows$" ("K'ey$body$" int primary key, "na me" text, "{{feed}}" text, q int, watched int)`,
    ...{
      table: '"Odd ""Schema"."Or%der""$rows$"',
      key: ["K'ey$body$"],
      keyText: `t."K'ey$body$"::text`,
      keys: ['1', '5'],
    },
    writes: [
      `insert into "Odd ""Schema"."Or%der""$rows$" values (1, 'x', 'y'), (2, 'x', 'y')`,
      `update "Odd ""Schema"."Or%der""$rows$" set "K'ey$body$" = 5, "na me" = '%s' where "K'ey$body$" = 2`,
    ],
  },
  'columns named like our own': {
    make: `create table public.keyed (s int primary key, d int, k int, q int, t int, key text, k1 text, keys int, document text, watched int, after int, docs int, new_rows int, tg_op text)`,
    ...{ table: 'public.keyed', key: ['s'], keyText: 't.s::text', keys: ['1', '7'] },
    writes: [
      `insert into public.keyed select g, 2, 3, 4, 5, 'key', 'k1', 6, 'document', 7, 8, 9, 10, 'op' from generate_series(1, 3) g`,
      `update public.keyed set s = 7, d = 0 where s = 2; delete from public.keyed where s = 3`,
    ],
  },
  'a unique index beside another primary key, and generated columns': {
    make: `create table public.keyed (id int generated always as identity primary key, net numeric(10,2) not null,
             gross numeric(12,4) generated always as (net * 1.19) stored not null, unique (gross) include (net)
             ${version >= 180_000 ? ', twice numeric generated always as (net * 2) virtual' : ''})`,
    ...{ table: 'public.keyed', key: ['gross'], keyText: 't.gross::text', keys: ['1.1900', '35.7000'] },
    writes: [
      'insert into public.keyed (net) values (1), (20)',
      'update public.keyed set net = 30 where net = 20',
    ],
  },
  'columns of many types': {
    make: `create table public.keyed (id int primary key, n numeric, f float4, b bytea, a text[], m int[][], r tstzrange, i interval,
             t timestamptz, ts timestamp, d date, ti time, j json, jb jsonb, u uuid, bo bool, c "char", x xml, p point, ip inet, bi bit(3), l text)`,
    ...{ table: 'public.keyed', key: ['id'], keyText: 't.id::text', keys: ['1', '2', '3'] },
    writes: [
      `insert into public.keyed values (1, 'NaN', 'Infinity', '\\x00', '{"a,b",NULL,"\\""}', '{{1,2},{3,4}}', '[2026-01-01,)', '1 mon 2 days -3:04',
        '2026-01-01 12:00+09', '2026-01-01', '2026-01-01', '12:00', '{"b":1, "a":  [2]}', '{"b":1,"a":2}', gen_random_uuid(), true, 'z', '<a/>', '(1,2)', '10.0.0.0/8', '101', E'tab\\t"quote" \\u00e9')`,
      `insert into public.keyed (id, l) select g, repeat('long ', 50000) from generate_series(2, 3) g`,
      `update public.keyed set n = 12345678901234567890.123456789, f = 'NaN', l = l || 'er'`,
    ],
  },
  'a shaped document': {
    make: `create table public.keyed (order_no int primary key, "unitCost" numeric, secret_note text, created_at timestamptz default '2026-01-01', "SHIP_TO" text)`,
    ...{ table: 'public.keyed', key: ['order_no'], keyText: 't.order_no::text', keys: ['1'] },
    options: { camelCase: true, exclude: ['secret_note'], rename: { SHIP_TO: 'destination' } },
    document: `(select row_to_json(x) from (select t.order_no as "orderNo", t."unitCost", t.created_at as "createdAt", t."SHIP_TO" as destination) x)`,
    writes: [
      `insert into public.keyed values (1, 2, 'x')`,
      `update public.keyed set "SHIP_TO" = 'y'`,
      `update public.keyed set secret_note = 'z'`,
    ],
  },
  'a view with jsonb': {
    make: `create table public.keyed (id int primary key, n int); create table public.part (id int primary key, of_keyed int, n int);
      create index on public.part (of_keyed);
      create view public.keyed_doc as select k.id, jsonb_build_object('n', k.n, 'parts', (select jsonb_agg(p.n order by p.id) from public.part p where p.of_keyed = k.id)) as doc
        from public.keyed k where k.n >= 0`,
    ...{ table: 'public.keyed', key: ['id'], keyText: 't.id::text', keys: ['1', '3'] },
    emptied: 'truncate public.part',
    options: { view: 'public.keyed_doc', watch: ['public.part:of_keyed', 'public.part:n'] },
    document: `(select d.doc from public.keyed_doc d where d.id = t.id)`,
    writes: [
      'insert into public.keyed values (1, 1), (2, 2), (3, -3); insert into public.part values (1, 1, 10), (2, 1, 11), (3, 2, 12), (4, null, 3)',
      'update public.keyed set n = -n where id in (2, 3)',
      'update public.part set of_keyed = 3, n = 2 where id = 3',
      'delete from public.part where id = 1',
    ],
  },
  'a view over equal keys that print differently': {
    make: `create table public.keyed (id numeric primary key, n int); create table public.part (of_keyed numeric, n int);
      create view public.keyed_doc as select k.id, json_build_object('n', k.n, 'parts', (select json_agg(p.n order by p.n) from public.part p where p.of_keyed = k.id)) as doc from public.keyed k`,
    ...{ table: 'public.keyed', key: ['id'], keyText: 't.id::text', keys: ['1.00', '2'] },
    emptied: 'truncate public.part',
    options: { view: 'public.keyed_doc', watch: ['public.part:of_keyed'] },
    document: `(select d.doc from public.keyed_doc d where d.id = t.id)`,
    writes: [
      'insert into public.keyed values (1.00, 1), (2, 2); insert into public.part values (1, 10), (1.0, 11), (2.000, 12)',
      'update public.part set n = n + 1',
      'update public.keyed set id = 1.000 where id = 1; update public.part set n = n + 1',
      'update public.keyed set id = 1.00 where id = 1; delete from public.part where n > 13',
    ],
  },
  'a view over the same table, watched for its children': {
    make: `create table public.keyed (id int primary key, parent int references public.keyed on delete cascade, n int);
      create view public.keyed_doc as select k.id, json_build_object('n', k.n, 'below', (select sum(c.n) from public.keyed c where c.parent = k.id)) as doc from public.keyed k`,
    ...{ table: 'public.keyed', key: ['id'], keyText: 't.id::text', keys: ['1', '2', '4'] },
    options: { view: 'public.keyed_doc', watch: ['public.keyed:parent'] },
    document: `(select d.doc from public.keyed_doc d where d.id = t.id)`,
    writes: [
      'insert into public.keyed values (1, null, 1), (2, 1, 2), (3, 1, 3), (4, 2, 4), (5, 3, 5)',
      'update public.keyed set n = n * 2 where id in (2, 4)',
      'update public.keyed set parent = 2 where id = 3',
      'delete from public.keyed where id = 3',
    ],
  },
  'inheritance children': {
    make: `create table public.keyed (id int primary key, v text); create table public.child (w int, primary key (id)) inherits (public.keyed)`,
    ...{ table: 'public.keyed', key: ['id'], keyText: 't.id::text', keys: ['1', '3', '4'] },
    writes: [
      `insert into public.keyed values (1, 'a'), (2, 'b'); insert into public.child values (3, 'c', 1), (5, 'd', 2)`,
      `update public.keyed set v = v || '!'; update public.child set w = 9, id = 4 where id = 5`,
      'delete from only public.keyed where id = 2; insert into public.child values (2); truncate only public.keyed; delete from public.child where id = 2',
      `insert into public.keyed values (1, 'again')`,
    ],
  },
}

beforeEach(async () => {
  await run(`select sincewire.drop_capture(service, true) from sincewire.capture; delete from sincewire.merchapi_config;
    drop schema public cascade; drop schema if exists "Odd ""Schema" cascade; create schema public; create schema "Odd ""Schema"`)
})

test.each(Object.entries(shapes))('%s', async (_, shape) => {
  const {
    make,
    table,
    key,
    emptied = '',
    keyText,
    document = 'row_to_json(whole.*)',
    options,
    writes,
    keys,
  } = shape
  await run(make)
  const fresh = `select ${keyText}, d.document from ${table} whole cross join lateral (select whole.*) t cross join lateral (select ${document} as document) d where d.document is not null`
  // Half of the writes come before the load.
  const half = Math.ceil(writes.length / 2)
  for (const write of writes.slice(0, half)) await run(write)
  await captureTable(database.db, { service: 'shape', table, key, ...options })
  await expectInLine(database, 'shape', fresh)
  for (const write of writes.slice(half)) {
    await run(write)
    await expectInLine(database, 'shape', fresh)
  }
  expect(await liveKeys(database, 'shape')).toEqual([...keys].sort())
  await uncaptureTable(database.db, 'shape')
  // The same with a row at a time, as logical replication applies it, and all writes after the load.
  await run(`truncate ${table} cascade; ${emptied}`)
  await captureTable(database.db, { service: 'shape', table, key, ...options })
  for (const write of writes) {
    await run(`set session_replication_role = replica; ${write}; reset session_replication_role`)
    await expectInLine(database, 'shape', fresh)
  }
  for (const { document } of (await records(database, 'shape')).values())
    expect(document).toBeTypeOf('object')
})
