import { beforeEach, describe, expect, test } from 'vitest'
import { captureTable } from '../../src/services/capture/index.ts'
import { eventually, testDatabase } from '../support/index.ts'
import { errorOf, expectInLine, liveKeys, records, session } from './support.ts'

const database = await testDatabase()
const fresh = 'select id::text, row_to_json(t)::text from public.thing t'
const inLine = () => expectInLine(database, 'thing', fresh)

await database.run(`
  create table public.owner (id int primary key);
  create table public.thing (
    id int primary key, owner int references public.owner on delete cascade, parent int references public.thing
      on delete set null on update cascade, n int not null default 0, note text);`)
await captureTable(database.db, { service: 'thing', table: 'public.thing', key: ['id'] })

beforeEach(async () => {
  await database.run(`delete from public.thing; delete from public.owner;
    insert into public.owner values (1), (2);
    insert into public.thing (id, owner, n, note) select g, 1 + g % 2, g, 'note ' || g from generate_series(1, 6) g`)
})

test.each([
  ['insert of many rows', `insert into public.thing (id) select generate_series(100, 3099)`],
  [
    'update of many rows',
    `insert into public.thing (id) select generate_series(100, 3099); update public.thing set n = n + 1`,
  ],
  [
    'insert … on conflict',
    `insert into public.thing (id, n) values (1, 50), (70, 51) on conflict (id) do update set n = excluded.n`,
  ],
  [
    'insert … on conflict do nothing',
    `insert into public.thing (id, n) values (1, 50), (70, 51) on conflict do nothing`,
  ],
  ['COPY', `copy public.thing (id, n) from program 'printf "80,1\\n81,2\\n"' with (format csv)`],
  ['a cascaded delete', 'delete from public.owner where id = 1'],
  [
    'a cascaded set null in the table itself',
    'update public.thing set parent = 1 where id in (2, 3); delete from public.thing where id = 1',
  ],
  [
    'a cascaded update in the table itself',
    'update public.thing set parent = 1 where id in (2, 3); update public.thing set id = id + 100, n = -n',
  ],
  [
    'keys that move up in one statement',
    'update public.thing set id = id + 10; update public.thing set id = id - 5',
  ],
  [
    'a delete and an insert of one key in one statement',
    'with gone as (delete from public.thing where id = 2 returning *) insert into public.thing (id, n) select id, 99 from gone',
  ],
  [
    'an update and a delete in one statement',
    'with gone as (delete from public.thing where id = 2) update public.thing set n = 99 where id = 3',
  ],
  ['truncate', 'truncate public.thing'],
  ['truncate … cascade', 'truncate public.owner cascade'],
  ['truncate and insert', 'begin; truncate public.thing; insert into public.thing (id) values (3); commit'],
  [
    'a statement that changes nothing',
    'update public.thing set n = n + 1 where false; delete from public.thing where false',
  ],
  [
    'a savepoint rolled back',
    'begin; update public.thing set n = 5; savepoint a; delete from public.thing; rollback to a; update public.thing set n = 6 where id = 1; commit',
  ],
  ['a rollback', 'begin; update public.thing set n = 5; delete from public.thing where id = 1; rollback'],
  [
    'a writer with session_replication_role = replica',
    `set session_replication_role = replica;
     insert into public.thing (id) values (90); update public.thing set n = 77, id = id + 200 where id < 3; delete from public.thing where id = 4; reset session_replication_role`,
  ],
])('%s', async (_, statement) => {
  await database.run(statement)
  await inLine()
})

test.runIf(await supports(150_000))('merge', async () => {
  await database.run(`merge into public.thing t using (values (1, 10), (2, 20), (60, 30)) v(id, n) on t.id = v.id
    when matched and v.id = 1 then delete when matched then update set n = v.n when not matched then insert (id, n) values (v.id, v.n)`)
  await inLine()
})

test('an unchanged document keeps its stamp, a changed one gets a later one', async () => {
  const before = await records(database, 'thing')
  await database.run('update public.thing set n = n; update public.thing set n = -1 where id = 3')
  const after = await records(database, 'thing')
  const restamped = [...after]
    .filter(([key, { stamp }]) => stamp !== before.get(key)?.stamp)
    .map(([key]) => key)
  expect(restamped).toEqual(['3'])
})

test('a deleted key keeps its last document and lives again when it is inserted again', async () => {
  await database.run('delete from public.thing where id = 3')
  expect((await records(database, 'thing')).get('3')).toMatchObject({
    deleted: true,
    document: { id: 3, note: 'note 3' },
  })
  await database.run(`insert into public.thing (id, note) values (3, 'back')`)
  expect((await records(database, 'thing')).get('3')).toMatchObject({
    deleted: false,
    document: { note: 'back' },
  })
})

test("a trigger that changes the statement's rows again does not leave the older document", async () => {
  await database.run(`
    create function public.again() returns trigger language plpgsql as $$ begin
      update public.thing set note = 'by trigger' where id = new.id and note is distinct from 'by trigger'; return null; end $$;
    create trigger again after insert or update on public.thing for each row execute function public.again();
    create function public.move() returns trigger language plpgsql as $$ begin
      if pg_trigger_depth() = 1 then delete from public.thing where id = 2; end if; return null; end $$;
    create trigger aa_move after update on public.thing for each statement execute function public.move()`)
  try {
    await database.run(`insert into public.thing (id, note) values (40, 'first')`)
    await database.run('update public.thing set n = n + 1')
    await inLine()
    expect((await records(database, 'thing')).get('40')?.document).toMatchObject({ note: 'by trigger' })
    expect(await liveKeys(database, 'thing')).not.toContain('2')
  } finally {
    await database.run('drop function public.again(), public.move() cascade')
  }
})

test('a writer needs no right on our schemas, and its settings change nothing', async () => {
  await database.run(`
    create table public.settings (id int primary key, t timestamptz, d date, i interval, b bytea, f float8, m money, r regclass);
    create role plain_writer login password 'x';
    grant insert, update, delete, select on public.settings, public.thing to plain_writer`)
  await captureTable(database.db, { service: 'settings', table: 'public.settings', key: ['id'] })
  const writer = await session(database, database.urlFor('plain_writer', 'x'))
  await writer.query(`set timezone = 'Asia/Tokyo'; set datestyle = 'SQL, DMY'; set intervalstyle = 'sql_standard';
    set bytea_output = 'escape'; set extra_float_digits = -5; set search_path = public; set plpgsql.extra_errors = 'all'`)
  await writer.query(`insert into settings values (1, '2026-01-02 03:04:05+00', '03/02/2026', '1 day 2 hours',
    'a\\\\b'::bytea, 0.1::float8 + 0.2::float8, 12.5, 'settings')`)
  expect((await records(database, 'settings')).get('1')?.document).toEqual({
    ...{ id: 1, t: '2026-01-02T03:04:05+00:00', d: '2026-02-03', i: '1 day 02:00:00', b: '\\x615c62' },
    ...{ f: 0.30000000000000004, m: '$12.50', r: 'public.settings' },
  })
  expect((await errorOf(writer.query('select from sincewire_feed.settings'))).code).toBe('42501')
  const shown = await writer.query('show timezone')
  expect(shown.rows).toEqual([{ TimeZone: 'Asia/Tokyo' }]) // put back
})

test('a service marked to wake notifies at commit, once, and not for what changed nothing', async () => {
  await database.run('create table public.bell (id int primary key, n int)')
  await captureTable(database.db, { service: 'ring/bell', table: 'public.bell', key: ['id'], wake: true })
  const [listener, writer] = [await session(database), await session(database)]
  const heard: string[] = []
  listener.on('notification', ({ payload }) => void heard.push(payload ?? ''))
  await listener.query('listen sincewire_wake')
  await writer.query(
    'begin; insert into public.bell select generate_series(1, 2000); update public.bell set n = 1',
  )
  await listener.query('select')
  expect(heard).toEqual([])
  await writer.query('commit')
  await eventually(() => heard.length > 0)
  await writer.query('update public.bell set n = 1; update public.thing set n = 0')
  await writer.query(`select pg_notify('sincewire_wake', 'end')`)
  await eventually(() => heard.includes('end'))
  expect(heard).toEqual(['ring/bell', 'end'])
})

describe('what cannot be captured fails the writer and says whose fault it is', () => {
  test('a renamed key column', async () => {
    await database.run('create table public.renamed (id int primary key, n int)')
    await captureTable(database.db, { service: 'renamed', table: 'public.renamed', key: ['id'] })
    await database.run('alter table public.renamed rename id to ident')
    const error = await errorOf(database.run('insert into public.renamed values (1, 1)'))
    expect(error.message).toBe(
      'Sincewire cannot capture public.renamed for service renamed: a column of {id} was renamed or dropped',
    )
    expect(error.hint).toContain('sincewire capture again')
    await captureTable(database.db, { service: 'renamed', table: 'public.renamed', key: ['ident'] })
    await database.run('insert into public.renamed values (1, 1)')
    expect(await liveKeys(database, 'renamed')).toEqual(['1'])
  })

  test('columns that capture goes by cannot be dropped or retyped, others can', async () => {
    await database.run('create table public.guarded (id int primary key, n int, o int)')
    await captureTable(database.db, { service: 'guarded', table: 'public.guarded', key: ['id'] })
    for (const change of ['drop column id', 'alter column id type text']) {
      const error = await errorOf(database.run(`alter table public.guarded ${change}`))
      expect(`${error.message} ${error.detail}`).toContain('guarded.source')
    }
    await database.run(`alter table public.guarded drop column n, alter column o type text, add column p int default 4;
      insert into public.guarded values (1, 'x')`)
    expect((await records(database, 'guarded')).get('1')?.document).toEqual({ id: 1, o: 'x', p: 4 })
  })

  test('a renamed or moved table goes on', async () => {
    await database.run('create schema other; create table public.mover (id int primary key, n int)')
    await captureTable(database.db, { service: 'mover', table: 'public.mover', key: ['id'] })
    await database.run(
      'alter table public.mover rename to moved; alter table public.moved set schema other; alter table other.moved rename n to m',
    )
    await database.run('insert into other.moved values (1, 2)')
    expect((await records(database, 'mover')).get('1')?.document).toEqual({ id: 1, m: 2 })
  })

  test('a view that fails, or a document that is no object', async () => {
    await database.run(`create table public.half (id int primary key, n int);
      create view public.half_doc as select id, case when n < 0 then '[]'::json else json_build_object('n', 1 / n) end as doc from public.half`)
    await captureTable(database.db, {
      service: 'half',
      table: 'public.half',
      key: ['id'],
      view: 'public.half_doc',
    })
    const failed = await errorOf(database.run('insert into public.half values (1, 0)'))
    expect(failed).toMatchObject({
      code: '22012',
      where: expect.stringContaining('sincewire_capture."half.merge"'),
    })
    const refused = await errorOf(database.run('insert into public.half values (1, -1)'))
    expect(refused).toMatchObject({ code: '23514', table: 'half' })
    expect(await database.run('select from public.half')).toEqual([])
  })

  test('truncate in a transaction that cannot see what others published', async () => {
    const writer = await session(database)
    await writer.query('begin isolation level repeatable read')
    const error = await errorOf(writer.query('truncate public.thing'))
    expect(error.message).toContain('cannot be truncated in a repeatable read transaction')
  })
})

async function supports(version: number): Promise<boolean> {
  const [row] = await database.run(`select current_setting('server_version_num')::int >= ${version} as yes`)
  return row?.['yes'] === true
}
