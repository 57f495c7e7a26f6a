import { beforeEach, expect, test } from 'vitest'
import { findGaps } from '../../src/db/capture/objects.ts'
import { captureTable, rebuildService } from '../../src/services/capture/index.ts'
import { testDatabase } from '../support/index.ts'
import { expectInLine, liveKeys } from './support.ts'

const database = await testDatabase()
const inLine = () =>
  expectInLine(database, 'sales', "select day || ',' || id, row_to_json(s)::text from public.sale s")
const rebuild = () => rebuildService(database.db, { service: 'sales' })

beforeEach(async () => {
  await database.run(`
    drop table if exists public.sale cascade; drop table if exists public.sale_2028 cascade;
    create table public.sale (day date, id int, note text, primary key (day, id)) partition by range (day);
    create table public.sale_2025 partition of public.sale for values from ('2025-01-01') to ('2026-01-01');
    create table public.sale_2026 partition of public.sale for values from ('2026-01-01') to ('2027-01-01') partition by hash (id);
    create table public.sale_2026_0 (note text, id int not null, gone int, day date not null);
    alter table public.sale_2026_0 drop column gone;
    alter table public.sale_2026 attach partition public.sale_2026_0 for values with (modulus 2, remainder 0);
    create table public.sale_2026_1 partition of public.sale_2026 for values with (modulus 2, remainder 1);
    insert into public.sale select date '2025-12-01' + g, g, 'n' || g from generate_series(1, 60) g;
    select sincewire.drop_capture(service, true) from sincewire.capture; delete from sincewire.merchapi_config`)
  await captureTable(database.db, { service: 'sales', table: 'public.sale', key: ['day', 'id'] })
})

test('writes to the table and to a partition of any depth are captured, and moves between them', async () => {
  await inLine()
  for (const write of [
    `update public.sale set note = note || '!'`,
    `update public.sale set day = day + 20 where id between 20 and 30`,
    `insert into public.sale_2025 values ('2025-06-01', 7, 'direct')`,
    `update public.sale_2026_0 set note = 'leaf'`,
    `insert into public.sale_2026 values ('2026-06-01', 1000, 'middle'), ('2026-06-02', 1001, 'middle')`,
    `delete from public.sale_2026_1 where id % 3 = 0`,
    `update public.sale_2026 set id = id + 10000`,
    'truncate public.sale_2026_0',
    'truncate public.sale_2025',
    `copy public.sale from program 'printf "2026-01-01,5,copied\\n2025-01-01,6,copied\\n"' with (format csv)`,
    'truncate public.sale',
  ]) {
    await database.run(write)
    await inLine()
  }
})

test('a statement fires one set of triggers: no row trigger of a partition that has statement triggers', async () => {
  const rows = await database.run(`
    select t.tgrelid::regclass::text as "table", t.tgenabled from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where t.tgname = 'sincewire sales row' and c.relkind = 'r' order by 1`)
  const leaves = ['public.sale_2025', 'public.sale_2026_0', 'public.sale_2026_1']
  expect(rows).toEqual(leaves.map((table) => ({ table: table.slice('public.'.length), tgenabled: 'R' })))
  await database.run(
    `set session_replication_role = replica; update public.sale set note = 'r'; update public.sale_2025 set id = -id`,
  )
  await inLine()
})

test('a partition that comes later is captured from its first write, and a rebuild takes it in', async () => {
  await database.run(
    `create table public.sale_2027 partition of public.sale for values from ('2027-01-01') to ('2028-01-01')`,
  )
  await database.run(
    `insert into public.sale_2027 values ('2027-01-01', 1, 'direct'); insert into public.sale values ('2027-01-02', 2, 'routed')`,
  )
  await database.run(
    `update public.sale_2027 set note = 'direct again'; update public.sale set id = id + 1 where day >= '2027-01-01'`,
  )
  await inLine()
  expect(await findGaps(database.db, 'sales')).toEqual(['public.sale_2027'])
  await rebuild()
  expect(await findGaps(database.db, 'sales')).toEqual([])
  await database.run('truncate public.sale_2027')
  await inLine()
})

test('rows that come or go with a partition are put right by a rebuild', async () => {
  await database.run(`create table public.sale_2028 (like public.sale including all); insert into public.sale_2028 values ('2028-01-01', 1, 'brought along');
    alter table public.sale attach partition public.sale_2028 for values from ('2028-01-01') to ('2029-01-01')`)
  await rebuild()
  await inLine()
  expect(await liveKeys(database, 'sales')).toContain('2028-01-01,1')
  await database.run('alter table public.sale detach partition public.sale_2028')
  await rebuild()
  await inLine()
  await database.run(`update public.sale_2028 set note = 'on its own'; delete from public.sale_2028`)
  await inLine()
})
