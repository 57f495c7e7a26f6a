import { beforeEach, describe, expect, test } from 'vitest'
import { findGaps } from '../../src/db/capture/objects.ts'
import {
  captureTable,
  rebuildService,
  uncaptureTable,
  type CaptureOptions,
} from '../../src/services/capture/index.ts'
import { eventually, testDatabase } from '../support/index.ts'
import { expectInLine, liveKeys, records, session } from './support.ts'
import { startWriters, type Write } from './workload.ts'

const database = await testDatabase()
const { db } = database
const ROWS = 12_000

interface Kind {
  readonly options: CaptureOptions
  readonly make: string
  readonly fresh: string
  readonly writes: readonly Write[]
}

const plain: Kind = {
  options: { service: 'load', table: 'public.plain', key: ['id'] },
  make: `create table public.plain (id int primary key, n int, note text);
    insert into public.plain select g, g, 'note ' || g from generate_series(1, ${ROWS}) g`,
  fresh: 'select id::text, row_to_json(p)::text from public.plain p',
  writes: [
    (roll) => `update public.plain set n = n + 1 where id = ${roll(ROWS)}`,
    (roll) => `delete from public.plain where id = ${roll(ROWS)}`,
    (roll) =>
      `insert into public.plain values (${roll(2 * ROWS)}, 1, 'new') on conflict (id) do update set n = -excluded.n`,
    (roll) => `update public.plain set id = ${roll(2 * ROWS)} where id = ${roll(ROWS)}`,
    (roll) =>
      `update public.plain set n = n - 1 where id between ${roll(ROWS)} and ${roll(ROWS)} and id % 40 = ${roll(40)}`,
    (roll) =>
      `delete from public.plain where id = ${roll(50)}; insert into public.plain values (${roll(50)}, 0, 'anew')`,
  ],
}

const view: Kind = {
  options: {
    service: 'load',
    table: 'public.head',
    key: ['id'],
    view: 'public.head_doc',
    watch: ['public.part:of_head'],
  },
  make: `create table public.head (id int primary key, status text);
    create table public.part (id int primary key, of_head int, n int); create index on public.part (of_head);
    create view public.head_doc as select h.id, json_build_object('id', h.id, 'status', h.status, 'sum', p.sum) as doc
      from public.head h join lateral (select sum(n) as sum from public.part where of_head = h.id) p on p.sum > 1;
    insert into public.head select g, 'W' from generate_series(1, ${ROWS}) g;
    insert into public.part select g, g % ${ROWS}, g % 7 from generate_series(1, 2 * ${ROWS}) g`,
  fresh: 'select id::text, doc::text from public.head_doc',
  writes: [
    (roll) => `update public.part set n = n + 1 where of_head = ${roll(40)}`,
    (roll) => `update public.part set n = 0 where of_head = ${roll(ROWS)}`,
    (roll) => `update public.part set of_head = ${roll(ROWS)} where id = ${roll(2 * ROWS)}`,
    (roll) => `delete from public.part where id = ${roll(2 * ROWS)}`,
    (roll) => `insert into public.part values (${roll(2 * ROWS)}, ${roll(40)}, 3) on conflict do nothing`,
    (roll) =>
      `update public.head set status = 'A' where id between ${roll(ROWS)} and ${roll(ROWS)} and id % 40 = ${roll(40)}`,
    (roll) => `delete from public.head where id = ${roll(ROWS)}`,
    (roll) => `insert into public.head values (${roll(ROWS)}, 'new') on conflict do nothing`,
  ],
}

beforeEach(async () => {
  await database.run(`select sincewire.drop_capture(service, true) from sincewire.capture; delete from sincewire.listener;
    delete from sincewire.merchapi_config; drop schema public cascade; create schema public`)
})

describe.each(Object.entries({ plain, view }))('a %s capture', (_, { options, make, fresh, writes }) => {
  const inLine = () => expectInLine(database, 'load', fresh)

  test.each([
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ])('loaded under writers equals its table (seeds %i %i %i)', async (...seeds) => {
    await database.run(make)
    const workload = await startWriters(database, seeds, writes)
    await eventually(() => workload.committed() > 5)
    const outcome = await captureTable(db, options)
    await workload.stop()
    expect(outcome).toMatchObject({ kind: 'captured', jsonTable: 'load' })
    await inLine()
    const stray = await database.run('select from sincewire_feed.load where deleted_at is not null')
    expect(stray.length).toBeLessThan(10) // only of writers that the load's end overtook
  })

  test('rebuilt under writers equals its table, drift or not', async () => {
    await database.run(make)
    await captureTable(db, options)
    await database.run(`alter table ${options.table} disable trigger user`)
    await database.run(
      `delete from ${options.table} where id % 3 = 0; update ${options.table} set id = -id where id % 5 = 0`,
    )
    expect(await findGaps(db, 'load')).toEqual([options.table])
    const workload = await startWriters(database, [11, 12, 13], writes)
    await eventually(() => workload.committed() > 5)
    await rebuildService(db, { service: 'load' })
    await workload.stop()
    expect(await findGaps(db, 'load')).toEqual([])
    await inLine()
  })

  test('a load that is told to stop, and one whose connection dies, are gone on with', async () => {
    await database.run(make)
    const workload = await startWriters(database, [21, 22], writes)
    const stop = new AbortController()
    const seen: number[] = []
    const onProgress = ({ done }: { done: number }) => {
      seen.push(done)
      stop.abort()
    }
    await expect(captureTable(db, options, { onProgress, signal: stop.signal })).rejects.toThrow(
      'Stopped half-way',
    )
    expect(await database.run('select enabled, loaded_at from sincewire.merchapi_config')).toEqual([
      { enabled: false, loaded_at: null },
    ])
    const kill = () =>
      void database.run(
        `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = 7469214`,
      )
    await expect(captureTable(db, options, { onProgress: kill })).rejects.toThrow('Connection terminated')
    const outcome = await eventually(async () => captureTable(db, options))
    expect(outcome.kind).toBe('resumed')
    expect(outcome.records).toBeLessThan(ROWS)
    await workload.stop()
    await inLine()
    expect(await database.run('select enabled from sincewire.merchapi_config')).toEqual([{ enabled: true }])
  })
})

test('a load that goes on with another definition leaves nothing of the first one', async () => {
  await database.run(
    `create table public.plain (id int primary key, code text not null unique);
     insert into public.plain select g, 'c' || g from generate_series(1, ${ROWS}) g`,
  )
  const stop = new AbortController()
  const stopped = captureTable(db, plain.options, { onProgress: () => stop.abort(), signal: stop.signal })
  await expect(stopped).rejects.toThrow('Stopped half-way')
  await captureTable(db, { ...plain.options, key: ['code'] })
  await expectInLine(database, 'load', 'select code, row_to_json(p)::text from public.plain p')
})

test('a key of several parts is loaded in the order of its index, chunk after chunk', async () => {
  await database.run(`create table public.stock (kind text, loc int, item text collate "C", n int, unique (item, kind, loc));
    alter table public.stock alter kind set not null, alter loc set not null, alter item set not null;
    insert into public.stock select 'k' || g % 2, g % 9, chr(97 + g % 3) || g / 7, g from generate_series(1, ${ROWS}) g`)
  const seen: number[] = []
  const onProgress = ({ done }: { done: number }) => void seen.push(done)
  await captureTable(
    db,
    { service: 'load', table: 'public.stock', key: ['loc', 'item', 'kind'] },
    { onProgress },
  )
  expect(seen).toEqual([5_000, 10_000, ROWS])
  await expectInLine(
    database,
    'load',
    `select loc || ',' || item || ',' || kind, row_to_json(s)::text from public.stock s`,
  )
})

test('of two who capture one service at once, one wins and the other is told so', async () => {
  await database.run(plain.make)
  const both = await Promise.allSettled([captureTable(db, plain.options), captureTable(db, plain.options)])
  const lost = both.filter((one) => one.status === 'rejected')
  expect(lost).toHaveLength(1)
  expect(lost[0]?.reason).toMatchObject({
    code: 'refused',
    business: [{ service: 'load', errorMessage: 'another process is capturing, rebuilding or removing it' }],
  })
  await expectInLine(database, 'load', plain.fresh)
})

test('installing waits for a long writer without holding up the others', async () => {
  await database.run(plain.make)
  const [long, short] = [await session(database), await session(database)]
  await long.query('begin; update public.plain set n = 0 where id = 1')
  const capturing = captureTable(db, plain.options)
  await eventually(() =>
    database.run(`select from pg_locks where not granted`).then((rows) => rows.length > 0),
  )
  for (let id = 2; id < 12; id++) await short.query(`update public.plain set n = 0 where id = ${id}`)
  await long.query('commit')
  await capturing
  await expectInLine(database, 'load', plain.fresh)
})

test('a rebuild gives way to a writer that holds a record, and goes on when it ends', async () => {
  await database.run(plain.make)
  await captureTable(db, plain.options)
  const writer = await session(database)
  await writer.query('begin; update public.plain set n = -1 where id in (3, 9000)')
  const rebuilding = rebuildService(db, { service: 'load' })
  await eventually(() =>
    database.run(`select from pg_locks where not granted`).then((rows) => rows.length > 0),
  )
  for (const id of [1, 2, 8999]) await writer.query(`update public.plain set n = -1 where id = ${id}`)
  await writer.query('commit')
  await rebuilding
  await expectInLine(database, 'load', plain.fresh)
})

describe('a rebuild', () => {
  /** Five records, then drift: 2 gone, 3 changed, 6 new. */
  const drift = async () => {
    await database.run(
      `create table public.plain (id int primary key, n int, note text); insert into public.plain select g, g from generate_series(1, 5) g`,
    )
    await captureTable(db, plain.options)
    await database.run(`alter table public.plain disable trigger user; delete from public.plain where id = 2;
      update public.plain set n = 33 where id = 3; insert into public.plain values (6, 6); alter table public.plain enable trigger user`)
    return records(database, 'load')
  }
  const restamped = async (before: Awaited<ReturnType<typeof records>>) =>
    [...(await records(database, 'load'))]
      .flatMap(([key, { stamp }]) => (stamp === before.get(key)?.stamp ? [] : [key]))
      .sort()

  test.each([
    ['publishes again what differs', {}, ['2', '3', '6']],
    ['that is silent does not, but for keys that come or go', { silent: true }, ['2', '6']],
    ['with a bump publishes every record again', { bump: true }, ['1', '2', '3', '4', '5', '6']],
  ])('%s', async (_, options, expected) => {
    const before = await drift()
    await rebuildService(db, { service: 'load', ...options })
    await expectInLine(database, 'load', plain.fresh)
    expect(await restamped(before)).toEqual(expected)
    expect((await records(database, 'load')).get('2')).toMatchObject({
      deleted: true,
      document: { id: 2, n: 2 },
    })
    const [config] = await database.run(
      'select refreshed_at > loaded_at as refreshed from sincewire.merchapi_config',
    )
    expect(config).toEqual({ refreshed: true })
  })

  test('finds nothing to do where nothing differs', async () => {
    await database.run(plain.make)
    await captureTable(db, plain.options)
    expect(await rebuildService(db, { service: 'load' })).toEqual({ records: 0 })
  })

  test('takes in columns that a shaped document got since', async () => {
    await database.run(
      'create table public.plain (id int primary key, unit_cost int); insert into public.plain values (1, 2)',
    )
    await captureTable(db, { ...plain.options, camelCase: true })
    await database.run('alter table public.plain add column ship_to text default $$x$$')
    await rebuildService(db, { service: 'load' })
    expect((await records(database, 'load')).get('1')?.document).toEqual({ id: 1, unitCost: 2, shipTo: 'x' })
  })
})

describe('capturing again', () => {
  test('changes nothing where nothing is asked', async () => {
    await database.run(plain.make)
    await captureTable(db, plain.options)
    expect(await captureTable(db, plain.options)).toMatchObject({ kind: 'unchanged', records: 0 })
  })

  test('changes the definition and republishes what it changes', async () => {
    await database.run(view.make)
    await captureTable(db, { service: 'load', table: 'public.head', key: ['id'] })
    expect(await captureTable(db, view.options)).toMatchObject({ kind: 'redefined' })
    await database.run('update public.part set n = n + 5 where id < 100')
    await expectInLine(database, 'load', view.fresh)
    await captureTable(db, {
      service: 'load',
      table: 'public.head',
      key: ['id'],
      rename: { status: 'state' },
    })
    await expectInLine(
      database,
      'load',
      `select id::text, row_to_json(x)::text from (select id, status as state from public.head) x`,
    )
    const triggers = await database.run(
      `select from pg_trigger where tgname like 'sincewire%' and tgrelid = 'public.part'::regclass`,
    )
    expect(triggers).toEqual([])
  })

  test('goes from rows to a view whose key is typed a little otherwise', async () => {
    await database.run(`create table public.plain (id numeric(6,2) primary key, n int); insert into public.plain values (1, 2);
      create view public.plain_doc as select id::numeric, json_build_object('n', n) as doc from public.plain`)
    await captureTable(db, plain.options)
    expect(await captureTable(db, { ...plain.options, view: 'public.plain_doc' })).toMatchObject({
      kind: 'redefined',
    })
    await database.run('update public.plain set n = 3')
    await expectInLine(database, 'load', 'select id::numeric(6,2)::text, doc::text from public.plain_doc')
  })

  test('changes the key, and with it every record', async () => {
    await database.run(
      `create table public.plain (id int primary key, code text not null unique); insert into public.plain values (1, 'a'), (2, 'b')`,
    )
    await captureTable(db, plain.options)
    await captureTable(db, { ...plain.options, key: ['code'] })
    await database.run(`update public.plain set code = 'c' where id = 2`)
    expect(await liveKeys(database, 'load')).toEqual(['a', 'c'])
    expect((await records(database, 'load')).size).toBe(5)
  })
})

describe('uncapturing', () => {
  test('leaves nothing of the service behind, and the table as it was', async () => {
    await database.run(view.make)
    await captureTable(db, view.options)
    await uncaptureTable(db, 'load')
    const left = await database.run(`
      select relname::text as left from pg_class where relnamespace in ('sincewire_feed'::regnamespace, 'sincewire_capture'::regnamespace)
      union all select proname from pg_proc where pronamespace = 'sincewire_capture'::regnamespace
      union all select tgname from pg_trigger where tgname like 'sincewire%'
      union all select merchapi_name from sincewire.merchapi_config union all select service from sincewire.capture`)
    expect(left).toEqual([])
    await database.run(
      'delete from public.part; delete from public.head; drop table public.part, public.head cascade',
    )
  })

  test('is refused while a listener is registered', async () => {
    await database.run(`${plain.make};`)
    await captureTable(db, plain.options)
    await database.run(`insert into sincewire.credential (credential_name, credential_type, secret, secret_key_id) values ('C', 'APIKEY', '', '') on conflict do nothing;
      insert into sincewire.listener (listener_name, uid, service, credential_name, listener_url) values ('l', gen_random_uuid(), 'load', 'C', 'https://x')`)
    await expect(uncaptureTable(db, 'load')).rejects.toMatchObject({
      business: [{ errorMessage: 'a listener is registered for it: delete that first' }],
    })
    await database.run('update public.plain set n = 0 where id = 1')
    await expectInLine(database, 'load', plain.fresh)
  })

  test('waits for a writer without holding up the others', async () => {
    await database.run(plain.make)
    await captureTable(db, plain.options)
    const [long, short] = [await session(database), await session(database)]
    await long.query('begin; update public.plain set n = 0 where id = 1')
    const removing = uncaptureTable(db, 'load')
    await eventually(() =>
      database.run(`select from pg_locks where not granted`).then((rows) => rows.length > 0),
    )
    await short.query('update public.plain set n = 0 where id = 2')
    await long.query('commit')
    await removing
    expect(await database.run('select from sincewire.merchapi_config')).toEqual([])
  })
})
