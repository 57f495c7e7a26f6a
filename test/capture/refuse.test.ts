import { beforeEach, describe, expect, test } from 'vitest'
import {
  captureTable,
  rebuildService,
  uncaptureTable,
  type CaptureOptions,
} from '../../src/services/capture/index.ts'
import { SincewireError } from '../../src/domain/errors.ts'
import { migrate } from '../../src/db/migrate.ts'
import { openPool } from '../../src/db/pool.ts'
import { cleanUp, testDatabase } from '../support/index.ts'

const database = await testDatabase()
const { db } = database
const good: CaptureOptions = { service: 's', table: 'public.good', key: ['id'] }

await database.run(
  `
  create table public.good (id int primary key, n int, "N" int, code text);
  create table public.nullable (id int unique);
  create table public.late (id int primary key deferrable);
  create table public.partly (id int not null, n int); create unique index on public.partly (id) where n > 0;
  create unique index on public.partly ((id + 1));
  create table public.pair (a int, b int, primary key (a, b));
  create unlogged table public.unlogged (id int primary key);
  create table public.money_key (id money primary key);
  create view public.money_doc as select id, '{}'::json as doc from public.money_key;
  create view public.good_doc as select id, json_build_object('id', id) as doc, n from public.good;
  create view public.wrong_doc as select id::bigint, '{}'::text as doc from public.good;
  create view public.bare_doc as select n from public.good;
  create materialized view public.frozen_doc as select * from public.good_doc;
  create table public.part (good int, label text);
  create table public.old (id int primary key); create table public.young () inherits (public.old);
  create foreign data wrapper nothing; create server nowhere foreign data wrapper nothing;
  create table public.spread (id int primary key) partition by range (id);
  create foreign table public.far partition of public.spread for values from (0) to (9) server nowhere`.replace(
    'create table public.spread (id int primary key)',
    'create table public.spread (id int)',
  ),
)

/** Everything that a refusal says. */
async function saying(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof SincewireError)) throw error
    const fields = error.fields.map(({ field, error: said }) => `${field} ${said}`)
    return [
      ...fields,
      ...error.business.map((refusal) => (typeof refusal === 'string' ? refusal : refusal.errorMessage)),
    ].join('; ')
  }
  return 'it was not refused'
}

test.each<[string, Partial<CaptureOptions>, string]>([
  ['a service with an odd name', { service: 'a b' }, 'service must be 1 to 100 letters'],
  ['a table without schema', { table: 'good' }, 'table must be schema.table'],
  ['a table that is not there', { table: 'public.nothing' }, 'there is no table public.nothing'],
  ['a view as the table', { table: 'public.good_doc' }, 'public.good_doc is not a table'],
  [
    "one of PostgreSQL's tables",
    { table: 'pg_catalog.pg_class', key: ['oid'] },
    'belongs to PostgreSQL or to Sincewire',
  ],
  [
    'one of our tables',
    { table: 'sincewire.tick', key: ['service'] },
    'belongs to PostgreSQL or to Sincewire',
  ],
  ['an unlogged table', { table: 'public.unlogged' }, 'PostgreSQL empties such a table'],
  ['a foreign partition', { table: 'public.spread' }, 'public.far is a foreign table'],
  ['no key', { key: [] }, 'key must name one column'],
  ['a key named twice', { key: ['id', 'id'] }, 'key must name one column'],
  [
    'a key column that is not there',
    { key: ['nope'] },
    'public.good has no column nope (it has id, n, N, code)',
  ],
  ['a key without an index', { table: 'public.partly' }, 'no primary key or unique index over exactly (id)'],
  [
    'a key that is only part of an index',
    { table: 'public.pair', key: ['a'] },
    'no primary key or unique index over exactly (a)',
  ],
  ['a key that may be null', { table: 'public.nullable' }, 'may be null'],
  [
    'a key that is checked late',
    { table: 'public.late' },
    'partial, deferrable or over expressions does not count',
  ],
  [
    'a key that an inheritance child does not guard',
    { table: 'public.old' },
    'public.young has no primary key',
  ],
  [
    'a key that cannot be hashed, with a view',
    { table: 'public.money_key', view: 'public.money_doc' },
    'cannot be hashed',
  ],
  ['names for another key', { keyNames: ['a', 'b'] }, 'keyNames must be 1'],
  ['a view that is not there', { view: 'public.nothing' }, 'there is no view public.nothing'],
  ['a view that is a table', { view: 'public.part' }, 'public.part is not a plain view'],
  ['a view that is frozen', { view: 'public.frozen_doc' }, 'public.frozen_doc is not a plain view'],
  [
    'a view without key and doc',
    { view: 'public.bare_doc' },
    'has no column doc; public.bare_doc has no column id',
  ],
  [
    'a view of other types',
    { view: 'public.wrong_doc' },
    'is text, not json or jsonb; the column id of public.wrong_doc is bigint',
  ],
  ['a shaped view', { view: 'public.good_doc', camelCase: true }, 'view shapes the document itself'],
  ['a watch without a view', { watch: ['public.part:good'] }, 'watch needs a view'],
  [
    'a watch without expression',
    { view: 'public.good_doc', watch: ['public.part'] },
    'watch must be schema.table:expression',
  ],
  [
    'a watch of another key',
    { view: 'public.good_doc', watch: ['public.part:good,label'] },
    'watch must have 1 expressions',
  ],
  [
    'a watch of no table',
    { view: 'public.good_doc', watch: ['public.nope:good'] },
    'there is no table public.nope',
  ],
  [
    'a watch of no column',
    { view: 'public.good_doc', watch: ['public.part:nope'] },
    'watch public.part:nope: column "nope" does not exist',
  ],
  [
    'a watch of another type',
    { view: 'public.good_doc', watch: ['public.part:point(1,2)'] },
    'cannot cast type point to integer',
  ],
  [
    'a watch that looks elsewhere',
    { view: 'public.good_doc', watch: ['public.part:(select max(id) from public.good where code = label)'] },
    'must come from stored columns of that row alone, not from public.good',
  ],
  [
    'a watch that injects',
    {
      view: 'public.good_doc',
      watch: ['public.part:good) from public.part; drop table public.good; select (1'],
    },
    'watch must be schema.table:expression',
  ],
  ['an excluded column that is not there', { exclude: ['nope'] }, 'public.good has no column nope'],
  ['an excluded key', { exclude: ['id'] }, 'the key column id cannot be excluded'],
  ['two columns of one name', { rename: { n: 'code' } }, 'two columns would be published as code'],
  ['two columns of one name in camel case', { camelCase: true }, 'two columns would be published as n'],
  ['a column renamed to nothing', { rename: { n: '' } }, 'a column cannot be renamed to nothing'],
  ['a column excluded and renamed', { exclude: ['n'], rename: { n: 'm' } }, 'both excluded and renamed'],
  [
    'a filter that hides a parameter',
    { filters: [{ name: 'since', path: '$.n' }] },
    'would hide the parameter',
  ],
  [
    'a filter twice',
    {
      filters: [
        { name: 'n', path: '$.n' },
        { name: 'n', path: '$.m' },
      ],
    },
    'the filter n is there twice',
  ],
  ['a filter without a path', { filters: [{ name: 'n', path: '$.[' }] }, 'filter n: syntax error'],
])('%s is refused, and nothing is changed', async (_, options, said) => {
  expect(await saying(captureTable(db, { ...good, ...options }))).toContain(said)
  expect(await database.run('select merchapi_name from sincewire.merchapi_config')).toEqual([])
  expect(
    await database.run(`select from pg_class where relnamespace = 'sincewire_capture'::regnamespace`),
  ).toEqual([])
})

describe('a service that is there', () => {
  beforeEach(async () => {
    await database.run(
      `select sincewire.drop_capture(service, true) from sincewire.capture; delete from sincewire.merchapi_config`,
    )
  })

  test('is not captured from another table', async () => {
    await captureTable(db, good)
    expect(await saying(captureTable(db, { ...good, table: 'public.pair', key: ['a', 'b'] }))).toBe(
      'it publishes another table: uncapture it first',
    )
  })

  test('is neither captured, rebuilt nor removed when something else keeps its change table', async () => {
    await database.run(
      `insert into sincewire.merchapi_config (merchapi_name, json_table) values ('s', 'by_hand')`,
    )
    expect(await saying(captureTable(db, good))).toBe('its change table is kept by something else')
    expect(await saying(rebuildService(db, { service: 's' }))).toBe('it is not captured')
    expect(await saying(uncaptureTable(db, 's'))).toBe('it is not captured')
  })

  test('is not rebuilt silently and with a bump at once, nor when its table is gone; then it can be removed', async () => {
    await database.run('create table public.gone (id int primary key)')
    await captureTable(db, { ...good, table: 'public.gone' })
    expect(await saying(rebuildService(db, { service: 's', silent: true, bump: true }))).toContain('not both')
    await database.run('drop table public.gone cascade')
    expect(await saying(rebuildService(db, { service: 's' }))).toBe('its table was dropped: uncapture it')
    await uncaptureTable(db, 's')
    expect(await saying(uncaptureTable(db, 's'))).toBe('there is no such service')
  })

  test('warns of tables that its view reads and nobody watches', async () => {
    await database.run(`create or replace view public.read_doc as select g.id, json_build_object('p', p.label) as doc
      from public.good_doc g left join public.part p on p.good = g.id`)
    const { warnings } = await captureTable(db, { ...good, view: 'public.read_doc' })
    expect(warnings).toEqual([
      expect.stringContaining('the view also reads public.part, which is not watched'),
    ])
    const watched = await captureTable(db, { ...good, view: 'public.read_doc', watch: ['public.part:good'] })
    expect(watched).toMatchObject({ kind: 'redefined', warnings: [] })
  })
})

test('an owner without superuser rights can capture; what it lacks is said', async () => {
  const own = await testDatabase({ empty: true })
  await own.run(`create role worker login password 'x'; grant create on database ${own.name} to worker;
    create table public.other (id int primary key)`)
  const pool = openPool({ url: own.urlFor('worker', 'x'), max: 2, applicationName: 'worker' })
  cleanUp(() => pool.close())
  await migrate(pool.db)
  await own.run(`create schema authorization worker; set role worker; create table worker.own (id int primary key);
    create table worker.spread (id int primary key) partition by range (id);
    create table worker.spread_1 partition of worker.spread for values from (0) to (100);
    create table worker.secret (id int primary key); alter table worker.secret enable row level security, force row level security`)
  const refusal = await saying(
    captureTable(pool.db, { service: 'other', table: 'public.other', key: ['id'] }),
  )
  expect(refusal).toContain('only the owner of public.other can put triggers on it')
  expect(refusal).toContain('we may not read public.other: grant select on it')
  expect(
    await saying(captureTable(pool.db, { service: 'secret', table: 'worker.secret', key: ['id'] })),
  ).toContain('row security hides rows of worker.secret from us')
  await captureTable(pool.db, { service: 'own', table: 'worker.own', key: ['id'] })
  await own.run('insert into worker.own values (1)')
  expect(await own.run('select key from sincewire_feed.own')).toEqual([{ key: '1' }])
  await captureTable(pool.db, { service: 'spread', table: 'worker.spread', key: ['id'] })
  await own.run('insert into worker.spread values (1); insert into worker.spread_1 values (2)')
  expect(await own.run('select key from sincewire_feed.spread order by key')).toEqual([
    { key: '1' },
    { key: '2' },
  ])
  await own.run('alter table worker.own enable row level security, force row level security')
  await expect(own.run('insert into worker.own values (2)')).rejects.toThrow('row-level security')
})
