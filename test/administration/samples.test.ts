import { beforeAll, describe, expect, test } from 'vitest'
import { loadExamples } from '../../src/services/load/examples.ts'
import { saveReportReferences, saveReportUrls } from '../../src/db/report.ts'
import { testDatabase } from '../support/index.ts'
import { OPERATIONS, PRIVATE, serveAll } from './harness.ts'
import * as samples from './samples.ts'

const database = await testDatabase()
const { url, get, send } = await serveAll(database)

beforeAll(async () => {
  await loadExamples(database.db)
  await saveReportUrls(database.db, [
    { report: 'GL_ITEM', urlTemplate: 'https://bi.example/{reportReferenceKey}' },
  ])
  await saveReportReferences(database.db, [{ referenceTraceId: 'String', report: 'GL_ITEM', parameters: {} }])
})

/** The example set holds the document's samples, so that every answer can be held to them field by field. */
const answers: readonly [place: string, sample: unknown, more?: Record<string, unknown>][] = [
  [`${OPERATIONS}/batchRunStatus`, samples.batchRunStatus, { batchStartWarningInd: 'N' }],
  [`${PRIVATE}/EowRunSignal/EowRunSignalDetail`, samples.eow],
  [`${PRIVATE}/Common/vDate`, samples.vDate],
  [`${PRIVATE}/Common/FuncSysOps`, samples.functional],
  [`${PRIVATE}/Common/InvMovSysOps`, samples.inventory],
  [`${PRIVATE}/Common/POSysOps`, samples.procurement],
]

describe('a sample of the document is what we answer', () => {
  test.for(answers)('%s', async ([place, sample, more]) => {
    const { status, body } = await get(place)
    expect([status, body]).toEqual([200, { ...(sample as object), ...more }])
  })

  test('…/calendar?year=', async () => {
    const { body } = await get(`${OPERATIONS}/calendar?year=2022`)
    expect(body.slice(0, 2)).toEqual(samples.calendar)
    expect(body).toHaveLength(12)
  })

  test('…/codes, but that codes come in order of their sequence', async () => {
    const { body } = await get(`${OPERATIONS}/codes?offsetkey=LOB&limit=1`)
    const [item] = samples.codes.items
    const ordered = {
      ...item,
      details: item!.details.toSorted((a, b) => Number(a.sequence) - Number(b.sequence)),
    }
    const links = samples.codes.links.map((link) => ({
      ...link,
      href: link.href.replace('http://Server:port', url),
    }))
    expect(body).toEqual({ ...samples.codes, items: [ordered], links })
  })

  test('CodeDetail/codeDetails, its nulls being values', async () => {
    const { body } = await get(`${PRIVATE}/CodeDetail/codeDetails?code=W&codeType=LOC`)
    expect(body).toEqual({
      ...samples.codeDetail,
      ...{ codeDesc: 'Warehouse', requiredInd: 'Y', codeSeq: 2 },
      ...{ codeType: 'LOC', codeTypeDesc: 'Location', code: 'W' },
    })
  })

  test('Vdate/vdateDetail, its null being a day, and it says that it is deprecated', async () => {
    const { headers, body } = await get(`${PRIVATE}/Vdate/vdateDetail`)
    expect(body).toEqual([{ ...samples.vdateDetail[0], vdate: '2019-07-01' }])
    expect(headers.get('deprecation')).toMatch(/^@\d+$/)
    expect(headers.get('link')).toBe(`<${url}${PRIVATE}/Common/vDate>; rel="successor-version"`)
    const { body: document } = await get('/openapi.json')
    expect(document.paths[`${PRIVATE}/Vdate/vdateDetail`].get.deprecated).toBe(true)
  })

  test('…/biPublisherReport/url/get, request and answer', async () => {
    const { status, body } = await send(
      'POST',
      `${OPERATIONS}/biPublisherReport/url/get`,
      samples.reportRequest,
    )
    expect([status, body]).toEqual([200, { ...samples.reportAnswer, reportUrl: 'https://bi.example/String' }])
  })

  test('…/biPublisherReport/url/get, an error of each sort', async () => {
    const ask = (body: unknown) => send('POST', `${OPERATIONS}/biPublisherReport/url/get`, body)
    const { businessError, validationErrors, status } = samples.reportError
    const wrong = await ask({ reportReferenceKey: 'x'.repeat(33) })
    expect(wrong.status).toBe(400)
    expect(wrong.body).toMatchObject({ status, message: samples.reportError.message })
    expect(Object.keys(wrong.body.validationErrors[0])).toEqual(Object.keys(validationErrors[0]!))
    const unknown = await ask({ reportReferenceKey: 'nobody knows' })
    expect(unknown.status).toBe(400)
    expect(unknown.body.businessError).toHaveLength(businessError.length)
    expect(unknown.body.businessError).toEqual([expect.any(String)])
  })
})

test.for<[keyof typeof samples.fieldLists, string, readonly string[]]>([
  ['functional', 'FuncSysOps', []],
  ['inventory', 'InvMovSysOps', ['maxScalingIterations']],
  ['procurement', 'POSysOps', ['billToLoc']],
])('the %s options have every field of the list and the sample', async ([list, name, inSampleAlone]) => {
  const { body } = await get(`${PRIVATE}/Common/${name}`)
  const fields = [...samples.fieldLists[list].split(/\s+/), ...inSampleAlone, 'links', 'hyperMediaContent']
  expect(Object.keys(body).toSorted()).toEqual(fields.toSorted())
})
