import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { saveReportReferences, saveReportUrls } from '../../src/db/report.ts'
import { buildReportUrl, REPORT_NAMES, REPORTS, templateFault } from '../../src/domain/report.ts'
import { loadExamples } from '../../src/services/load/examples.ts'
import { testDatabase } from '../support/index.ts'
import { OPERATIONS, serveAll } from './harness.ts'

const database = await testDatabase()
const { db } = database
const { send } = await serveAll(database)
const ask = async (reportReferenceKey: string) => {
  const { status, body } = await send('POST', `${OPERATIONS}/biPublisherReport/url/get`, {
    reportReferenceKey,
  })
  return { status, url: body.reportUrl, refusal: body.businessError }
}

test('the fourteen reports of the document are there, by their origins', () => {
  expect(
    Object.values(Object.groupBy(Object.values(REPORTS), ({ origin }) => origin)).map((of) => of.length),
  ).toEqual([4, 1, 9])
  expect(new Set(Object.values(REPORTS).map(({ title }) => title)).size).toBe(14)
})

test('every value arrives as it is, whatever characters it has', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 8 }), fc.string({ maxLength: 8 }), (key, dept) => {
      const built = buildReportUrl('https://bi.example/r?a={reportReferenceKey}&b={dept}&c=1', key, { dept })
      const { origin, pathname, searchParams } = new URL('url' in built ? built.url : '')
      expect([origin, pathname]).toEqual(['https://bi.example', '/r'])
      expect([...searchParams]).toEqual([
        ['a', key],
        ['b', dept],
        ['c', '1'],
      ])
    }),
  )
})

test.for<[template: string, fault: string | undefined]>([
  ['https://bi.example/{report}/x?k={reportReferenceKey}', undefined],
  ['ftp://bi.example/x', 'must be an http or https URL, its host without a {place}'],
  ['https://{host}/x', 'must be an http or https URL, its host without a {place}'],
  ['https://bi.example{host}/x', 'must be an http or https URL, its host without a {place}'],
  ['https://bi.example/{', 'has a brace that is no {place}'],
  ['https://bi.example/{a-b}', 'has a brace that is no {place}'],
  ['https://bi.example/a b', 'must not hold blanks'],
  ['javascript:alert(1)', 'must be an http or https URL, its host without a {place}'],
])('the template %s %s', ([template, fault]) => {
  expect(templateFault(template)).toBe(fault)
})

describe('a reference', () => {
  beforeAll(async () => {
    await loadExamples(db)
    await saveReportUrls(db, [
      { report: 'CREDIT_NOTE', urlTemplate: `https://bi.example/${'x'.repeat(240)}` },
    ])
    await saveReportReferences(db, [
      { referenceTraceId: 'a/b c', report: 'GL_ITEM', parameters: { dept: '1&2' } },
      { referenceTraceId: 'no dept', report: 'GL_ITEM', parameters: {} },
      { referenceTraceId: 'long', report: 'CREDIT_NOTE', parameters: {} },
    ])
  })

  test('of the example set leads to each of the reports', async () => {
    const rows = await database.run(
      `select reference_trace_id as key, report from merch.report_reference where reference_trace_id ~ '^[A-Z]{2}-'`,
    )
    expect(new Set(rows.map(({ report }) => report))).toEqual(new Set(REPORT_NAMES))
    for (const { key, report } of rows) {
      if (report === 'CREDIT_NOTE') continue
      expect(await ask(String(key))).toMatchObject({ status: 200, url: expect.stringContaining(String(key)) })
    }
  })

  test('fills the places of the template, encoded', async () => {
    expect((await ask('a/b c')).url).toMatch(/&p_ref=a%2Fb%20c&p_dept=1%262$/)
  })

  test.for([
    ['unknown', 'No report is known for the reference key unknown'],
    ['no dept', 'The URL template of the GL Item level Data Report has no value for dept'],
    ['long', 'The URL template of the Credit Note Document Report makes a URL of more than 256 characters'],
  ])('%s is a business error: a list of sentences', async ([key, sentence]) => {
    expect(await ask(key!)).toEqual({ status: 400, url: undefined, refusal: [sentence] })
  })

  test('to a report whose URL nobody has set says so', async () => {
    await database.run(`delete from merch.retail_service_report_url where report = 'GL_FIXED_DEAL'`)
    expect((await ask('FD-1001')).refusal).toEqual(['The URL of the GL Fixed Deal Data Report is not set'])
  })
})
