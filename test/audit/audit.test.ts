import { expect, test } from 'vitest'
import { pruneAudit } from '../../src/db/audit.ts'
import { AUDITED } from '../../src/http/audit.ts'
import { createAuditTrail, type AuditedCall } from '../../src/services/audit/trail.ts'
import { PRIVATE, serveAll } from '../administration/harness.ts'
import { fetchAsAdmin, eventually, testApp, testDatabase } from '../support/index.ts'

const database = await testDatabase()
const { call, get: getAny } = await serveAll(database)
const get = (place: string) => getAny(place) as Promise<Found>

interface Found {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: { readonly count: number; readonly items: Record<string, string>[] }
}

await database.run(`insert into merch.period (vdate) values ('2019-07-01');
  insert into merch.code_head values ('LOC', 'Location');
  insert into merch.code_detail values ('LOC', 'W', 'Warehouse', 'N', 2, 'Y')`)

const STATUS = `${PRIVATE}/restService/status?xCorrelationId=`
const withId = (id: string) => ({ headers: { 'x-correlation-id': id } })

test('each service whose table impact lists the audit tables is audited, with query, answer and status', async () => {
  for (const service of AUDITED) {
    const query = service.startsWith('CodeDetail') ? '?code=W&codeType=LOC' : ''
    const method = service.startsWith('processes') ? 'POST' : 'GET'
    const answer = await call(method, `${PRIVATE}/${service}${query}`, withId(`id-of-${service}`))
    const { body } = await get(`${STATUS}id-of-${service}`)
    expect([service, body.count]).toEqual([service, 1])
    expect(body.items[0]).toMatchObject({ service, method, status: answer.status, response: answer.text })
    expect(body.items[0]!['request'] ?? '').toBe(query.slice(1))
    expect(Date.now() - Date.parse(body.items[0]!['startedAt']!)).toBeLessThan(60_000)
  }
})

test('a refused call is audited as it was answered, under the id that it was given when it brought none', async () => {
  const refused = await get(`${PRIVATE}/CodeDetail/codeDetails?code=W&nonsense=1`)
  expect(refused.status).toBe(400)
  const { body } = await get(`${STATUS}${refused.headers.get('x-correlation-id')}`)
  expect(body.items).toMatchObject([{ status: 400, request: 'code=W&nonsense=1', response: refused.text }])
})

test('calls under one id come latest first; an unknown id is 404, a missing or repeated one 400', async () => {
  await call('GET', `${PRIVATE}/Common/vDate`, withId('twice'))
  await call('GET', `${PRIVATE}/Vdate/vdateDetail`, withId('twice'))
  const { body } = await get(`${STATUS}twice`)
  expect(body.items.map(({ service }) => service)).toEqual(['Vdate/vdateDetail', 'Common/vDate'])
  expect(await get(`${STATUS}nobody`)).toMatchObject({
    status: 404,
    body: { status: 'ERROR', message: 'Resource not Found' },
  })
  for (const query of [
    '',
    '?xCorrelationId=',
    '?xCorrelationId=a&xCorrelationId=b',
    '?xCorrelationId=a&more=1',
  ]) {
    expect((await get(`${PRIVATE}/restService/status${query}`)).status).toBe(400)
  }
})

test('other services leave no audit', async () => {
  const before = await database.run('select count(*)::int from merch.job_audit_logs')
  await call('GET', `${PRIVATE}/EowRunSignal/EowRunSignalDetail`, withId('eow'))
  expect((await get(`${STATUS}eow`)).status).toBe(404)
  expect(await database.run('select count(*)::int from merch.job_audit_logs')).toEqual(before)
})

test('what was gathered is written when the service stops', async () => {
  const own = await testDatabase()
  await own.run(`insert into merch.period (vdate) values ('2019-07-01')`)
  const app = await testApp(own.url, {}, { role: 'api' })
  await Promise.all(Array.from({ length: 20 }, () => fetchAsAdmin(`${app.url}${PRIVATE}/Common/vDate`)))
  await app.stop()
  expect(await own.run('select count(*)::int as n from merch.job_audit_logs')).toEqual([{ n: 20 }])
})

test('old rows go in chunks with their payload, young ones stay', async () => {
  await database.run(`delete from merch.job_audit_payload; delete from merch.job_audit_logs`)
  await get(`${PRIVATE}/Common/vDate`)
  await get(`${STATUS}nobody`) // writes what was gathered
  await database.run(`
    with l as (insert into merch.job_audit_logs select gen_random_uuid(), 'old', 'x', 'GET', 200, now() - interval '31 days', 1
               from generate_series(1, 5) returning audit_id)
    insert into merch.job_audit_payload select audit_id, 'q', 'a' from l`)
  const went = [
    await pruneAudit(database.db, 30, 3),
    await pruneAudit(database.db, 30, 3),
    await pruneAudit(database.db, 30, 3),
  ]
  expect(went).toEqual([3, 2, 0])
  const left =
    await database.run(`select count(*) filter (where correlation_id = 'old')::int as old, count(*) > 0 as young,
    (select count(*) from merch.job_audit_payload) = count(*) as paired from merch.job_audit_logs`)
  expect(left).toEqual([{ old: 0, young: true, paired: true }])
})

const one = (service: string, more: Partial<AuditedCall> = {}): AuditedCall => ({
  ...{ correlationId: 'c', service, method: 'GET', status: 200, startedAt: 0, durationMilliseconds: 1 },
  ...{ request: null, response: 'x', ...more },
})

test('a batch that cannot be written is tried again; nothing is lost or written out of order', async () => {
  const written: string[] = []
  let failures = 2
  const trail = createAuditTrail({
    write(rows) {
      if (failures-- > 0) return Promise.reject(new Error('away'))
      written.push(...rows.map(({ service }) => service))
      return Promise.resolve()
    },
    onTrouble: () => {},
    onLoss: () => {},
  })
  trail.record(one('a'))
  await expect(trail.flush()).rejects.toThrow('away')
  trail.record(one('b'))
  await expect(trail.flush()).rejects.toThrow('away')
  await trail.flush()
  expect([written, trail.lost]).toEqual([['a', 'b'], 0])
})

test('memory is bounded: while nothing can be written the oldest calls are given up, and counted', async () => {
  const written: string[] = []
  const losses: number[] = []
  const trail = createAuditTrail({
    write: (rows) => Promise.resolve(void written.push(...rows.map(({ service }) => service))),
    onTrouble: () => {},
    onLoss: (calls) => losses.push(calls),
    maxCalls: 3,
    maxBytes: 5000,
  })
  for (const service of ['a', 'b', 'c', 'd', 'e']) trail.record(one(service))
  trail.record(one('f', { response: 'y'.repeat(2300) }))
  await trail.flush()
  expect(written).toEqual(['f'])
  expect([trail.lost, losses]).toEqual([5, [1, 1, 3]])
})

test('texts that PostgreSQL cannot hold are kept as far as they can be', async () => {
  const trail = createAuditTrail({
    write: async (rows) => (await import('../../src/db/audit.ts')).insertAuditRows(database.db, rows),
    onTrouble: () => {},
    onLoss: () => {},
  })
  const response = `a\0b${'x'.repeat(16_380)}\u{1F600}`
  trail.record(one('odd', { correlationId: 'odd', request: '\uD800', response }))
  await trail.flush()
  const found = await eventually(async () => (await get(`${STATUS}odd`)).body.items[0])
  expect(found).toMatchObject({ request: '\uFFFD' })
  expect(found['response']!.startsWith('a\uFFFDbx')).toBe(true)
  expect(trail.lost).toBe(0)
})
