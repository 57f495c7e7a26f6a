import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { captureTable } from '../../src/services/capture/index.ts'
import { fileRefresh } from '../../src/services/refresh/file.ts'
import { runRefresh } from '../../src/services/refresh/run.ts'
import type { RefreshOrder } from '../../src/domain/refresh.ts'
import { OPERATIONS, serveAll } from '../administration/harness.ts'
import { expectInLine, liveKeys, records, session } from '../capture/support.ts'
import { fetchAsAdmin, eventually, scratch, startService, testDatabase } from '../support/index.ts'

const database = await testDatabase()
const { db } = database
const service = 'stock/bin'
const feed = 'stock_bin'
const inLine = () => expectInLine(database, feed, 'select id::text, row_to_json(b)::text from stock.bin b')

beforeAll(async () => {
  await database.run(
    'create schema stock; create table stock.bin (id int primary key, n int not null default 0)',
  )
  await captureTable(db, { service, table: 'stock.bin', key: ['id'] })
})

/** Ten bins, of which somebody changed 1, added 11 and removed 2 while triggers were off. */
beforeEach(async () => {
  await database.run(`delete from sincewire.refresh_request; update sincewire.merchapi_config set enabled = true;
    delete from stock.bin; delete from sincewire_feed.${feed};
    insert into stock.bin select generate_series(1, 10); delete from stock.bin where id = 10;
    set session_replication_role = replica; alter table stock.bin disable trigger all;
    update stock.bin set n = 5 where id = 1; insert into stock.bin values (11); delete from stock.bin where id = 2;
    alter table stock.bin enable trigger all; alter table stock.bin enable replica trigger "sincewire ${feed} row"; reset session_replication_role`)
})

const order = (rest: Partial<RefreshOrder>): RefreshOrder => ({
  ...{ service, action: 'REFRESH', refreshType: 'REBUILD', republish: null, keys: null },
  ...rest,
})

async function carryOut(rest: Partial<RefreshOrder>, size = 4): Promise<Record<string, unknown>> {
  const id = await fileRefresh(db, order(rest))
  while ((await runRefresh(db, service, { size, share: 1000 })) !== 'idle');
  const [row] = await database.run(`select * from sincewire.refresh_request where request_id = ${id}`)
  return row ?? {}
}

/** Which records are published again, by what they say to somebody who was up to date. */
async function told(work: () => Promise<unknown>): Promise<string[]> {
  const [clock] = await database.run(`select clock_timestamp()::text as now`)
  await work()
  const rows =
    await database.run(`select key, deleted_at is not null as deleted, first_published = changed_at as fresh
    from sincewire_feed.${feed} where changed_at > '${String(clock?.['now'])}' order by length(key), key`)
  return rows.map(
    ({ key, deleted, fresh }) => `${deleted ? 'DELETE' : fresh ? 'INSERT' : 'UPDATE'} ${String(key)}`,
  )
}

describe('a refresh', () => {
  test.each<[string, Partial<RefreshOrder>, string[]]>([
    [
      'REBUILD republishes what differs, and vanished keys as deleted',
      {},
      ['UPDATE 1', 'DELETE 2', 'INSERT 11'],
    ],
    [
      'a silent REBUILD republishes new and vanished keys alone',
      { republish: 'NONE' },
      ['DELETE 2', 'INSERT 11'],
    ],
    [
      'a REBUILD with a bump republishes everything',
      { republish: 'ALL' },
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 11].map(
        (n) => `${n === 2 ? 'DELETE' : n === 11 ? 'INSERT' : 'UPDATE'} ${n}`,
      ),
    ],
    [
      'TRUNCATE_AND_LOAD publishes every record as new, and keeps telling of the deleted ones',
      { refreshType: 'TRUNCATE_AND_LOAD' },
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 11].map((n) => `${n === 2 ? 'DELETE' : 'INSERT'} ${n}`),
    ],
    [
      'a silent TRUNCATE_AND_LOAD republishes new and vanished keys alone',
      { refreshType: 'TRUNCATE_AND_LOAD', republish: 'NONE' },
      ['DELETE 2', 'INSERT 11'],
    ],
  ])('%s', async (_, rest, expected) => {
    expect(await told(() => carryOut(rest))).toEqual(expected)
    await inLine()
    // the tombstone of before is there still
    expect((await records(database, feed)).get('10')?.deleted).toBe(true)
  })

  test('of a list of keys leaves all others alone', async () => {
    const request = await carryOut({ keys: ['1', '2', '11', '99'] }, 3)
    expect(request).toMatchObject({ status: 'DONE', seen: '4', changed: '3', total: '4' })
    await inLine()
    await database.run(
      'alter table stock.bin disable trigger all; update stock.bin set n = 8; alter table stock.bin enable trigger all',
    )
    expect(await told(() => carryOut({ keys: ['4'], republish: 'ALL' }))).toEqual(['UPDATE 4'])
  })

  test('that cannot be carried out is FAILED with a sentence, and the next one goes on', async () => {
    expect(await carryOut({ keys: ['four'] })).toMatchObject({
      status: 'FAILED',
      error: expect.stringContaining('invalid input syntax for type integer: "four"'),
    })
    expect(await carryOut({ keys: ['1'] })).toMatchObject({ status: 'DONE' })
  })

  test('ENABLE of a service whose load was cut short loads it first', async () => {
    await database.run(
      `update sincewire.merchapi_config set enabled = false, loaded_at = null; delete from sincewire_feed.${feed}`,
    )
    const request = await carryOut({ action: 'ENABLE', refreshType: null })
    expect(request).toMatchObject({ status: 'DONE', phase: 'LOAD', changed: '9' })
    expect(
      await database.run('select enabled, loaded_at is not null as loaded from sincewire.merchapi_config'),
    ).toEqual([{ enabled: true, loaded: true }])
    await inLine()
  })

  test('gives way after its share, and goes on where it was', async () => {
    await fileRefresh(db, order({}))
    expect(await runRefresh(db, service, { size: 2, share: 4 })).toBe('more')
    expect(
      await database.run('select status, phase, position, seen from sincewire.refresh_request'),
    ).toMatchObject([{ status: 'RUNNING', phase: 'RECORDS', position: '(5,5)', seen: '4' }])
    while ((await runRefresh(db, service, { size: 2, share: 4 })) !== 'idle');
    await inLine()
  })

  test('lets writers go on, and what they write wins', async () => {
    const writer = await session(database)
    await fileRefresh(db, order({ refreshType: 'TRUNCATE_AND_LOAD' }))
    await writer.query('begin; update stock.bin set n = 77 where id = 5; insert into stock.bin values (12)')
    const running = runRefresh(db, service, { size: 100, share: 1000 })
    await writer.query('delete from stock.bin where id = 6')
    await writer.query('commit')
    await running
    await inLine()
  })
})

describe('over REST', () => {
  const filing = serveAll(database)
  const manage = `${OPERATIONS}/refresh/manage`

  test('a process carries out what is filed: disable, enable with what changed meanwhile, and its progress shows', async () => {
    const { send, get, url } = await filing
    const worker = startService({
      args: ['serve', '--role', 'engine'],
      env: { DATABASE_URL: database.url, SINCEWIRE_DATA_DIR: scratch() },
    })
    await worker.ready
    const done = async (requestId: unknown) =>
      eventually(async () => {
        const { body } = await get(`${OPERATIONS}/refresh?requestId=${String(requestId)}`)
        return body.items[0].status === 'DONE' && body.items[0]
      })
    const disabled = await send('POST', manage, { service, action: 'DISABLE' })
    expect(disabled.body).toEqual({
      status: 'SUCCESS',
      message: 'Create record was successful',
      requestId: expect.any(Number),
    })
    await done(disabled.body.requestId)
    expect((await fetchAsAdmin(`${url}/MerchIntegrations/services/${service}`)).status).toBe(400)
    const enabled = await send('POST', manage, { service, action: 'ENABLE' })
    expect(await done(enabled.body.requestId)).toMatchObject({ phase: 'VANISHED', changed: 3, error: null })
    expect((await fetchAsAdmin(`${url}/MerchIntegrations/services/${service}`)).status).toBe(200)
    await inLine()
    const page = await get(`${OPERATIONS}/refresh?service=${encodeURIComponent(service)}&limit=1`)
    expect(page.body).toMatchObject({
      count: 1,
      hasMore: true,
      items: [{ requestId: enabled.body.requestId }],
    })
    const next = await get(String(page.body.links.find((each: { rel: string }) => each.rel === 'next').href))
    expect(next.body).toMatchObject({
      count: 1,
      hasMore: false,
      items: [{ requestId: disabled.body.requestId }],
    })
    await worker.stop()
  })

  test.each([
    [{ action: 'ENABLE' }, 'validationErrors', 'manage.service is required'],
    [
      { service, action: 'enable' },
      'validationErrors',
      'manage.action must be one of ENABLE, DISABLE, REFRESH',
    ],
    [
      { service, action: 'REFRESH', refreshType: 'X' },
      'validationErrors',
      'manage.refreshType must be one of TRUNCATE_AND_LOAD, REBUILD',
    ],
    [
      { service, action: 'REFRESH', refreshType: 'REBUILD', keys: [] },
      'validationErrors',
      'manage.keys must not be empty',
    ],
    [
      { service, action: 'REFRESH', refreshType: 'REBUILD', keys: [1] },
      'validationErrors',
      'manage.keys[0] must be text',
    ],
    [{ service, action: 'ENABLE', silent: 'Y' }, 'validationErrors', 'manage.silent is not a known field'],
    [{ service: 'no/such', action: 'ENABLE' }, 'businessError', 'service no/such is not known'],
    [{ service, action: 'REFRESH' }, 'businessError', 'refreshType is required for REFRESH'],
    [{ service, action: 'DISABLE', keys: ['1'] }, 'businessError', 'keys have no meaning for DISABLE'],
  ])('%j is refused', async (body, kind, sentence) => {
    const { send } = await filing
    const answer = await send('POST', manage, body)
    expect(answer.status).toBe(400)
    const reasons = answer.body[kind].map(
      (each: Record<string, string>) => each['errorMessage'] ?? `${each['field']} ${each['error']}`,
    )
    expect(reasons).toEqual([sentence])
    expect(await database.run('select from sincewire.refresh_request')).toEqual([])
  })
})

test('a refresh whose process is killed goes on in another one, from its last step', async () => {
  await database.run(`insert into stock.bin select generate_series(100, 20099)`)
  await database.run(`update merch.b8d_process_config set commit_max_ctr = 100 where job_name = 'refresh'`)
  const start = () =>
    startService({
      args: ['serve', '--role', 'engine'],
      env: { DATABASE_URL: database.url, SINCEWIRE_DATA_DIR: scratch() },
    })
  const doomed = start()
  await doomed.ready
  await fileRefresh(db, order({ republish: 'ALL' }))
  const state = async () =>
    (await database.run('select status, seen, position from sincewire.refresh_request'))[0]!
  await eventually(async () => Number((await state())['seen']) >= 1000)
  doomed.kill('SIGKILL')
  await doomed.ended
  const left = await state()
  expect(left['status']).toBe('RUNNING')
  const heir = start()
  await heir.ready
  await eventually(async () => (await state())['status'] === 'DONE', 40_000)
  await inLine()
  // every record once, and the step that was cut short perhaps twice
  expect(Number((await state())['seen'])).toBeLessThan(2 * 20_012 + 200)
  expect((await liveKeys(database, feed)).length).toBe(20_009)
  await heir.stop()
})
