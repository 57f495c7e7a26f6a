import { Writable } from 'node:stream'
import { pino } from 'pino'
import { beforeEach, expect, test } from 'vitest'
import { createApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import { captureTable } from '../../src/services/capture/index.ts'
import { loadSampleCatalogue } from '../../src/services/sample/load.ts'
import { anyCredential, get, manageListener } from '../support/api.ts'
import {
  ADMIN_KEY,
  fetchAsAdmin,
  cleanUp,
  eventually,
  receiver,
  scratch,
  testDatabase,
} from '../support/index.ts'

/*
 * Everything runs: the sample catalogue is captured, listeners are served, and the receiver answers every call with
 * what it was sent and with what it remembers. After a masking the planted values are looked for in every column of
 * every table, and in everything that was logged.
 */
const planted = ['Zebulon Quixworth', '+1 555 010 7788', 'zeb@quixworth.example', '77 Hidden Lane']
const PRIVATE_DATA = '/RetailAppsDataPrivServicesRESTApp/rest/privatedata'

const database = await testDatabase()
const { db, run } = database
await loadSampleCatalogue(db)
const plant = (store: number) => `
  update sample.store set store_mgr_name = '${planted[0]}', phone_number = '${planted[1]}', email = '${planted[2]}'
  where store = ${store};
  update sample.store_address set add_1 = '${planted[3]}' where store = ${store};`

const logged: string[] = []
const log = pino(
  { level: 'trace' },
  new Writable({ write: (chunk: Buffer, _, done) => (logged.push(chunk.toString()), done()) }),
)
const config = loadConfig({
  overrides: {
    ...{ port: 0, databaseUrl: database.url, dataDir: scratch(), adminKey: ADMIN_KEY },
    ...{ 'targets.allow': ['127.0.0.1'], 'targets.allowHttp': ['127.0.0.1'] },
    ...{ 'engine.sweepIntervalMilliseconds': 50, 'engine.retry.holdBaseSeconds': 1 },
  },
})
const app = createApp(config, log)
cleanUp(() => app.stop())
await app.start()

const ears = await receiver()
ears.answer((call) => ({ body: `${planted.join()} ${call.body.toString().slice(0, 1000)}` }))
const credentialName = await anyCredential(app.url)
const listen = (service: string) =>
  manageListener(app.url, {
    ...{
      service,
      credentialName,
      listenerUrl: `${ears.url}/${service}`,
      includePayload: 'Y',
      intervalSeconds: 1,
    },
  })

/** In which columns of which tables a planted value stands, as text, JSON or bytes. */
async function places(): Promise<string[]> {
  const columns = await run(`
    select format('%I.%I', n.nspname, c.relname) as name, a.attname as column
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relkind in ('r', 'm') and n.nspname !~ '^(pg_|information_schema)'`)
  const like = planted.map((value) => `'%${value}%'`).join(', ')
  const parts = columns.map(
    ({ name, column }) =>
      `select '${String(name)}.${String(column)}' as place where exists
         (select from ${String(name)} where "${String(column)}"::text like any (array[${like}]))`,
  )
  return (await run(parts.join(' union all '))).map(({ place }) => String(place))
}

const mask = (customerId: string) =>
  fetchAsAdmin(
    `${app.url}${PRIVATE_DATA}/updatePersonalInfo?customer_id=${encodeURIComponent(customerId)}${'::'.repeat(14)}`,
    {
      method: 'DELETE',
    },
  )
const find = (name: string) =>
  get<object>(
    `${app.url}${PRIVATE_DATA}/getPersonalInfo?customer_id=${encodeURIComponent(`STORE::::::${name}::::`)}`,
  )
const attempts = (service: string) => run(`select answer from sincewire.attempt where service = '${service}'`)
const publish = `/MerchIntegrations/services/foundation/store`

/** What another test left planted. */
beforeEach(async () => {
  const left = await run(`select store from sample.store where store_mgr_name = '${planted[0]!}'`)
  for (const { store } of left) await mask(`STORE::::${String(store)}`)
})

test('a masking changes the published document, and no table and no log line tells the values', async () => {
  await run(plant(1001))
  await listen('foundation/store')
  await listen('foundation/merchhier/deps')
  await ears.waitFor((calls) =>
    calls.some(({ url, body }) => url.endsWith('/store') && body.includes(planted[0]!)),
  )
  expect(JSON.stringify(await find(planted[0]!))).toContain(planted[2])
  // beside answers to the other service, which are kept
  const told = (await places()).filter((place) => place !== 'sincewire.attempt.answer')
  expect(told.toSorted()).toEqual([
    'sample.store.email',
    'sample.store.phone_number',
    'sample.store.store_mgr_name',
    'sample.store_address.add_1',
    'sincewire_feed.foundation_store.document',
  ])

  const seen = ears.calls.length
  expect((await mask('STORE::::1001')).status).toBe(200)
  await ears.waitFor((calls) =>
    calls.slice(seen).some(({ url, body }) => url.endsWith('/store') && body.includes('"store":1001')),
  )
  await eventually(async () => (await attempts('foundation/store')).length >= 3)
  const document = await get(`${app.url}${publish}/1001`)
  expect(document).toMatchObject({ storeManagerName: 'XXXXX', phoneNumber: null, email: null })
  expect(JSON.stringify(document)).not.toContain(planted[3])
  for (const { answer } of await attempts('foundation/store')) {
    expect(answer).toBe('[not kept: this service publishes personal data]')
  }
  await run(`delete from sincewire.attempt where service = 'foundation/merchhier/deps'`)
  expect(await places()).toEqual([])
  for (const value of [...planted, '1001::', 'Zebulon']) expect(logged.join('')).not.toContain(value)
})

test('answers to a service without people are kept', async () => {
  await listen('foundation/merchhier/deps')
  await run(`update sample.dept set dept_name = dept_name || '!'`)
  await eventually(async () => {
    const [row] = await attempts('foundation/merchhier/deps')
    return String(row?.['answer']).startsWith(planted[0]!)
  })
  await manageListener(app.url, { service: 'foundation/merchhier/deps', deleteInd: 'Y' })
  await run(`delete from sincewire.attempt where service = 'foundation/merchhier/deps'`)
})

test('answers that were kept before a table was listed are dropped by the listing and by a masking', async () => {
  const old = `insert into sincewire.attempt (listener_uid, listener_name, service, kind, webhook_id, attempt_number, url,
      succeeded, duration_ms, bytes, answer, correlation_id, attempted_at)
    values (gen_random_uuid(), 'x', 'people/supplier', 'PAYLOAD', 'w', 1, 'u', true, 1, 1, '${planted[0]!}', 'c', now())`
  const listing =
    await run(`delete from merch.personal_data where source in ('merch.sups'::regclass, 'merch.addr'::regclass)
    returning entity_name, source::text, id_column, type_column, fixed, columns`)
  await captureTable(db, { service: 'people/supplier', table: 'merch.sups', key: ['supplier'] })
  await run(old)
  const list = listing.map((row) =>
    `insert into merch.personal_data (entity_name, source, id_column, type_column, fixed, columns)
     select entity_name, source, id_column, type_column, fixed, columns
     from json_populate_record(null::merch.personal_data, '${JSON.stringify(row)}')`.replaceAll('\n', ' '),
  )
  await run(list.join(';'))
  expect(await places()).toEqual([])

  await run(
    `alter table sincewire.attempt disable trigger withhold_answer; ${old}; alter table sincewire.attempt enable trigger withhold_answer`,
  )
  expect(await places()).toEqual(['sincewire.attempt.answer'])
  await run(
    `insert into merch.sups (supplier, contact_name, contact_phone) values (5, '${planted[0]!}', '1')`,
  )
  expect((await mask('SUPPLIER::::5')).status).toBe(200)
  expect(await places()).toEqual([])
})

test('a deleted record is cut down to its key, silently, whether by its id or by the values it tells', async () => {
  await run(`${plant(1002)} ${plant(1003)} ${plant(1004)}
    delete from sample.store where store in (1002, 1003)`)
  const before = await run(
    `select key, changed_at::text from sincewire_feed.foundation_store where key in ('1002', '1003') order by key`,
  )
  // 1004's values stand in the tombstones of 1002 and 1003
  expect((await mask('STORE::::1004')).status).toBe(200)
  expect(await places()).toEqual([])
  const cut = await run(
    `select key, changed_at::text, document::text from sincewire_feed.foundation_store where key in ('1002', '1003') order by key`,
  )
  expect(cut.map(({ key, changed_at }) => ({ key, changed_at }))).toEqual(before)
  expect(JSON.parse(String(cut[0]!['document']))).toEqual({ store: 1002 })

  await run(`${plant(1005)} delete from sample.store where store = 1005`)
  expect((await mask('STORE::::1005')).status).toBe(200)
  expect(await places()).toEqual([])
  expect((await mask('STORE::::1005')).status).toBe(400)
})

test('documents that capture has not come to, or would not, are made anew at once', async () => {
  await run(`
    create table public.shop (store bigint primary key);
    create view public.shop_document as
      select s.store, json_build_object('store', s.store, 'manager', m.store_mgr_name) as doc
      from public.shop s join merch.store m using (store);
    insert into merch.store (store, store_mgr_name) values (7001, '${planted[0]!}');
    insert into public.shop values (7001)`)
  const view = { table: 'public.shop', view: 'public.shop_document', key: ['store'] }
  await captureTable(db, { service: 'shop/unwatched', ...view })
  await captureTable(db, { service: 'shop/deferred', ...view, watch: ['merch.store:store'], deferred: true })
  expect((await mask('STORE::::7001')).status).toBe(200)
  expect(await places()).toEqual([])
  const documents = await run(
    `table sincewire_feed.shop_unwatched union all table sincewire_feed.shop_deferred`.replaceAll(
      'table',
      'select document::text from',
    ),
  )
  expect(documents.map(({ document }) => JSON.parse(String(document)) as unknown)).toEqual([
    { store: 7001, manager: 'XXXXX' },
    { store: 7001, manager: 'XXXXX' },
  ])
})

test('a deleted record of a composite key is found by its entity', async () => {
  await run(`insert into merch.code_head values ('PTNR', 'Partner');
    insert into merch.code_detail values ('PTNR', 'B,K', 'Bank', 'N', 1, 'Y');
    insert into merch.partner (partner_type, partner_id, contact_name, contact_phone)
      values ('B,K', '1', '${planted[0]!}', '1'), ('B,K', '2', 'Somebody Else', '2')`)
  await captureTable(db, {
    service: 'people/partner',
    table: 'merch.partner',
    key: ['partner_type', 'partner_id'],
  })
  await run('delete from merch.partner')
  expect((await mask('PARTNER::B,K::1')).status).toBe(200)
  expect((await places()).filter((place) => place.includes('partner'))).toEqual([])
  const left = await run('select document::text from sincewire_feed.people_partner order by key')
  expect(left.map(({ document }) => Object.keys(JSON.parse(String(document)) as object).length)).toEqual([
    2, 8,
  ])
})

test('a masking that fails changes nothing, and says nothing of the row in any log', async () => {
  await run(
    `${plant(1006)} alter table sample.store add constraint has_phone check (store <> 1006 or phone_number is not null)`,
  )
  const answer = await mask('STORE::::1006')
  expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('has_phone')])
  expect((await run('select store_mgr_name from sample.store where store = 1006'))[0]).toEqual({
    store_mgr_name: planted[0],
  })
  await run(`alter table sample.store drop constraint has_phone; alter table merch.wh rename to hidden`)
  // a listed table that cannot be read: an error of ours, 500, that reaches the log without a value
  await run(`create function merch.boom(text) returns text language plpgsql immutable as $$ begin raise exception 'boom %', $1; end $$;
    alter table merch.hidden add constraint boom check (merch.boom(wh_name) = ''), alter column wh_name set default '${planted[0]!}'`)
  await run(`alter table merch.hidden drop constraint boom; insert into merch.hidden (wh, email) values (1, 'e');
    alter table merch.hidden add constraint boom check (email is not null or merch.boom(wh_name) = '')`)
  expect((await mask('WAREHOUSE::::1')).status).toBe(500)
  expect(logged.join('')).toContain('a query over personal data failed')
  expect(logged.join('')).not.toContain('Zebulon')
  await run(`delete from merch.hidden where wh = 1;
    alter table merch.hidden drop constraint boom, alter column wh_name drop default;
    alter table merch.hidden rename to wh; drop function merch.boom(text)`)
})

test('a table of an operator is listed once its columns are checked', async () => {
  await run(`create table public.guest ("Guest" int primary key, "Full Name" text not null, age int)`)
  const list = (columns: object, id = 'Guest', entity = 'ORDER CUSTOMER') =>
    run(`insert into merch.personal_data (entity_name, source, id_column, columns)
         values ('${entity}', 'public.guest', '${id}', '${JSON.stringify(columns)}')`)
  await expect(list({ fullName: ['name'] })).rejects.toThrow('it has no column name')
  await expect(list({ fullName: ['Full Name'] }, 'id')).rejects.toThrow('it has no column id')
  await expect(list({ name: ['Full Name'] })).rejects.toThrow('name is not a part of a customer id')
  await expect(list({ phone: ['age'] })).rejects.toThrow('the column age is not plain text')
  await expect(list({ fullName: ['Full Name'] }, 'Guest', 'PARTNER')).rejects.toThrow('need a type_column')
  await list({ fullName: ['Full Name'] })
  await run(`insert into public.guest values (1, '${planted[0]!}')`)
  expect((await mask('ORDER CUSTOMER::::1')).status).toBe(200)
  expect(await run('table public.guest')).toEqual([{ Guest: 1, 'Full Name': 'XXXXX', age: null }])

  await run(`alter table public.guest rename "Full Name" to n`)
  const refused = await mask('ORDER CUSTOMER::::1')
  expect([refused.status, await refused.text()]).toEqual([
    400,
    expect.stringContaining('has no column Full Name'),
  ])
})
