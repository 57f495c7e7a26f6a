import { connect } from 'node:net'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { ADMIN_KEY, testDatabase } from '../support/index.ts'
import { OPERATIONS, PRIVATE, serveAll } from './harness.ts'

const database = await testDatabase()
const { url, call, get, send } = await serveAll(database)

const reads = [
  ...['batchRunStatus', 'calendar', 'codes'].map((name) => `${OPERATIONS}/${name}`),
  ...['EowRunSignal/EowRunSignalDetail', 'Vdate/vdateDetail', 'Common/vDate'].map(
    (name) => `${PRIVATE}/${name}`,
  ),
  ...['FuncSysOps', 'InvMovSysOps', 'POSysOps'].map((name) => `${PRIVATE}/Common/${name}`),
]
const details = `${PRIVATE}/CodeDetail/codeDetails`
const report = `${OPERATIONS}/biPublisherReport/url/get`

describe.for([...reads, details])('GET %s', (place) => {
  test('names a parameter that it does not know', async () => {
    const { status, body } = await get(`${place}?nope=1&code=1&codeType=1`)
    expect(status).toBe(400)
    expect(body.validationErrors).toContainEqual({
      error: 'is not a known field',
      field: 'nope',
      inputValue: null,
    })
  })

  test.for(['POST', 'PUT', 'DELETE', 'PATCH'])('answers 405 with Allow to %s', async (method) => {
    const { status, headers } = await call(method, place)
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })
})

test.for<[place: string, field: string, error: string]>([
  [`${OPERATIONS}/calendar?year=`, 'year', 'must be a whole number from 1 to 9999'],
  [`${OPERATIONS}/calendar?year=20x4`, 'year', 'must be a whole number from 1 to 9999'],
  [`${OPERATIONS}/calendar?year=10000`, 'year', 'must be a whole number from 1 to 9999'],
  [`${OPERATIONS}/calendar?year=-1`, 'year', 'must be a whole number from 1 to 9999'],
  [`${OPERATIONS}/calendar?year=2022&year=2023`, 'year', 'must be given once'],
  [`${OPERATIONS}/codes?limit=0`, 'limit', 'must be 1 to 6 digits, not zero'],
  [`${OPERATIONS}/codes?limit=1.5`, 'limit', 'must be 1 to 6 digits, not zero'],
  [`${OPERATIONS}/codes?limit=`, 'limit', 'must be 1 to 6 digits, not zero'],
  [`${OPERATIONS}/codes?codeType=`, 'codeType', 'must not be blank'],
  [`${OPERATIONS}/codes?offsetkey=%00`, 'offsetkey', 'must not hold control characters'],
  [`${OPERATIONS}/codes?codeType=${'x'.repeat(31)}`, 'codeType', 'must be at most 30 characters'],
  [`${details}?code=a`, 'codeType', 'is required'],
  [`${details}?code=a&codeType=b&code=c`, 'code', 'must be given once'],
])('GET %s: %s %s', async ([place, field, error]) => {
  const { status, body } = await get(place)
  expect(status).toBe(400)
  expect(body.validationErrors).toEqual([expect.objectContaining({ field, error })])
})

describe('POST …/biPublisherReport/url/get', () => {
  test.for<[body: unknown, field: string, error: string]>([
    [{}, 'get.reportReferenceKey', 'is required'],
    [{ reportReferenceKey: null }, 'get.reportReferenceKey', 'is required'],
    [{ reportReferenceKey: '  ' }, 'get.reportReferenceKey', 'is required'],
    [{ reportReferenceKey: 5 }, 'get.reportReferenceKey', 'must be text'],
    [{ reportReferenceKey: 'x'.repeat(33) }, 'get.reportReferenceKey', 'must be at most 32 characters'],
    [{ reportReferenceKey: 'a\u0000' }, 'get.reportReferenceKey', 'must not hold control characters'],
    [{ reportReferenceKey: 'a', more: 1 }, 'get.more', 'is not a known field'],
    [[], 'get', 'must be an object'],
  ])('%j: %s %s', async ([body, field, error]) => {
    const answer = await send('POST', report, body)
    expect(answer.status).toBe(400)
    expect(answer.body.validationErrors).toContainEqual(expect.objectContaining({ field, error }))
  })

  const json = { 'content-type': 'application/json' }
  test.for<[title: string, method: string, init: Omit<RequestInit, 'method'>, status: number]>([
    ['malformed JSON', 'POST', { body: '{', headers: json }, 400],
    ['no body', 'POST', {}, 400],
    ['no content type', 'POST', { body: Buffer.from('{"reportReferenceKey":"a"}') }, 415],
    ['another content type', 'POST', { body: '{}', headers: { 'content-type': 'application/xml' } }, 415],
    ['another method', 'GET', {}, 405],
    ['a body too large', 'POST', { body: Buffer.alloc((32 << 20) + 1, ' '), headers: json }, 413],
  ])('%s', async ([, method, init, status]) => {
    const answer = await call(method, report, init)
    expect([answer.status, answer.body.status]).toEqual([status, 'ERROR'])
    if (status === 405) expect(answer.headers.get('allow')).toBe('POST')
  })
})

test('a path that is not percent-encoded UTF-8 is refused, not a failure of ours', async () => {
  for (const target of ['/%ff', `${OPERATIONS}/codes?codeType=%ff`, `${OPERATIONS}/%e0%a4%a/codes`]) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.write(`GET ${target} HTTP/1.1\r\nhost: x\r\nx-api-key: ${ADMIN_KEY}\r\nconnection: close\r\n\r\n`)
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 (200|400|404) /)
  }
})
