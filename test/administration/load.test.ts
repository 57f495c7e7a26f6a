import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { SincewireError } from '../../src/domain/errors.ts'
import { loadKinds } from '../../src/services/load/kinds.ts'
import { loadFile } from '../../src/services/load/load.ts'
import { runCommand, scratch, testDatabase } from '../support/index.ts'

const database = await testDatabase()
const { db } = database

/** Loads text as a file of that name. */
const load = (kind: string, name: string, content: string | Buffer) => {
  const file = join(scratch(), name)
  writeFileSync(file, content)
  return loadFile(db, loadKinds[kind]!, { file })
}

/** What a file that must be refused is refused for: `line 3, field: error`. */
const faults = async (kind: string, name: string, content: string | Buffer) => {
  const error = await load(kind, name, content).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof SincewireError)) throw new Error(`not refused: ${String(error)}`)
  return error.fields.map(({ field, error }) => `${field}: ${error}`)
}

const HEAD = 'codeType,description,code,codeDescription,sequence,usedInd,requiredInd'
const codes = () =>
  database.run(
    'select code_type || code || code_desc || code_seq || used_ind || required_ind as c from merch.code_detail order by 1',
  )

describe('a file of codes', () => {
  test('is loaded from CSV: quotes, line breaks, a byte order mark, CRLF, columns in any order, empty cells', async () => {
    const text =
      '\ufeffcode,codeType,description,sequence,codeDescription,usedInd\r\n1,A,"A, ""quoted""",5,"é",\r\n\r\n 2 ,A,"A, ""quoted""",6,B,N\r\n'
    expect(await load('codes', 'codes.csv', text)).toBe(2)
    expect(await codes()).toEqual([{ c: 'A1é5YN' }, { c: 'A2B6NN' }])
    expect(await database.run('select * from merch.code_head')).toEqual([
      { code_type: 'A', code_type_desc: 'A, "quoted"' },
    ])
  })

  test('replaces what is there of the same keys and leaves the rest; JSON is the same', async () => {
    const row = {
      codeType: 'A',
      description: 'New',
      code: '2',
      codeDescription: 'C',
      sequence: 7,
      requiredInd: 'Y',
    }
    expect(await load('codes', 'codes.json', JSON.stringify([row], null, 2))).toBe(1)
    expect(await codes()).toEqual([{ c: 'A1é5YN' }, { c: 'A2C7YY' }])
    expect(await load('codes', 'codes.json', '[]')).toBe(0)
  })

  test('that is wrong in places changes nothing, and every place is named with its line', async () => {
    const before = await codes()
    const text = `${HEAD}\nB,B,1,x,1,,\nB,B,2,x,one,Q,\nB,B,,x,3,,\nB,B,1,x,4,,\nB,"two\nlines",5,x,-1,,\n`
    expect(await faults('codes', 'codes.csv', text)).toEqual([
      'line 3, sequence: must be a whole number from 0 to 999999',
      'line 3, usedInd: must be one of Y, N',
      'line 4, code: is required',
      'line 5: repeats B 1 of line 2',
      'line 7, description: must not hold control characters',
      'line 7, sequence: must be a whole number from 0 to 999999',
    ])
    expect(await codes()).toEqual(before)
  })

  test('is refused as a whole also when only its last row is wrong and many thousands went before', async () => {
    const before = await codes()
    const rows = Array.from({ length: 5000 }, (_, index) => `M,Many,c${index},x,${index % 1000},,`)
    const text = [HEAD, ...rows, 'M,Many,last,x,,,'].join('\n')
    expect(await faults('codes', 'codes.csv', text)).toEqual(['line 5002, sequence: is required'])
    expect(await codes()).toEqual(before)
  })
})

test('a file that is wrong throughout is left after the first twenty faults', async () => {
  const lines = Array.from({ length: 50_000 }, () => 'a,b,c,d,e,f,g')
  expect(await faults('codes', 'codes.csv', [HEAD, ...lines].join('\n'))).toHaveLength(20)
  expect(await faults('codes', 'codes.json', JSON.stringify(lines))).toHaveLength(20)
})

test.for<[name: string, content: string | Buffer, fault: string | RegExp]>([
  ['a.csv', `${HEAD},more\nA,A,1,x,1,,,y\n`, 'line 2, more: is not a known field'],
  ['a.csv', 'code,code\n1,2\n', 'line 1: names the field code twice'],
  ['a.csv', `${HEAD}\nA,A\n`, /^line 2: .*columns length is 7, got 2/],
  ['a.csv', `${HEAD}\nA,"A,1\n`, /^line \d: Quote Not Closed/],
  ['a.csv', `${HEAD}\nA,A\u0000,1,x,1,,\n`, 'line 2, description: must not hold control characters'],
  ['a.json', '{"codeType":"A"}', 'line 1: must begin a list: [ … ]'],
  ['a.json', '', 'line 1: must begin a list: [ … ]'],
  ['a.json', '[\n\n{"codeType":', 'line 3: ends in the middle of the list'],
  ['a.json', '[\n{"codeType" "A"}]', /^line 2: is not JSON/],
  ['a.json', '[]\n[]', /^line 2: is not JSON/],
  ['a.json', '[\n1,\n[2],null]', 'line 2: must be an object'],
])('%s %j is refused: %s', async ([name, content, fault]) => {
  const [first] = await faults('codes', name, content)
  if (typeof fault === 'string') expect(first).toBe(fault)
  else expect(first).toMatch(fault)
})

test('a JSON file on one line, in chunks that split characters, is read whole', async () => {
  const rows = Array.from({ length: 3000 }, (_, index) => ({
    ...{
      codeType: 'JSÖN',
      description: 'ü'.repeat(40),
      code: `k${index}`,
      codeDescription: '😀',
      sequence: 1,
    },
  }))
  expect(await load('codes', 'big.json', JSON.stringify(rows))).toBe(3000)
  const [row] = await database.run(
    `select count(*) as n, min(code_desc) as d from merch.code_detail where code_type = 'JSÖN'`,
  )
  expect([Number(row!['n']), row!['d']]).toEqual([3000, '😀'])
})

test('options and reports are checked as everywhere else', async () => {
  expect(await faults('options', 'o.csv', 'name,value\nimportInd,maybe\nnope,1\n')).toEqual([
    'line 2, importInd: must be one of Y, N',
    'line 3, nope: is not an option',
  ])
  expect(
    await faults('report-urls', 'u.csv', 'report,urlTemplate\nGL_ITEM,nowhere\nX,https://a.example/\n'),
  ).toEqual([
    'line 2, urlTemplate: must be an http or https URL, its host without a {place}',
    expect.stringMatching(/^line 3, report: must be one of GL_FIXED_DEAL, /),
  ])
})

test('a calendar with a gap is refused as a whole', async () => {
  const text = 'year,month,noOfWeeks,firstDay\n2022,1,4,2022-01-02\n2022,2,4,2022-02-06\n'
  await expect(load('calendar', 'c.csv', text)).rejects.toThrow('month 2 of 2022 begins on 2022-02-06')
  expect(await database.run('select * from merch.calendar')).toEqual([])
})

test('the command tells what it loaded, or what is wrong with exit code 1', async () => {
  const file = join(scratch(), 'options.csv')
  const env = { DATABASE_URL: database.url, SINCEWIRE_DATA_DIR: scratch() }
  writeFileSync(file, 'name,value\nimportInd,N\n')
  expect(await runCommand(['load', 'options', file], { env })).toMatchObject({
    ...{ code: 0, stdout: `1 records of options loaded from ${file}.\n` },
  })
  writeFileSync(file, 'name,value\nimportInd,N\nelcInd,?\n')
  const refused = await runCommand(['load', 'options', file], { env })
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain('line 3, elcInd must be one of Y, N')
  expect((await runCommand(['load', 'options', '/nowhere.csv'], { env })).stderr).toContain('there is none')
  expect((await runCommand(['load', 'cods', file], { env })).code).toBe(2)
})
