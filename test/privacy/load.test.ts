import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadExamples, exampleFile } from '../../src/services/load/examples.ts'
import { loadKinds } from '../../src/services/load/kinds.ts'
import { loadFile } from '../../src/services/load/load.ts'
import { findPeople } from '../../src/services/privacy/find.ts'
import { maskPeople } from '../../src/services/privacy/mask.ts'
import { ENTITIES } from '../../src/domain/privacy/entity.ts'
import { scratch, testDatabase } from '../support/index.ts'

const database = await testDatabase()
const { db, run } = database
const people = loadKinds['people']!
const folder = scratch()

function load(rows: readonly object[]): Promise<number> {
  const file = join(folder, 'people.json')
  writeFileSync(file, JSON.stringify(rows))
  return loadFile(db, people, { file })
}

test('the example set has people of every entity; loading it again replaces them', async () => {
  await loadExamples(db)
  await loadFile(db, people, { file: exampleFile('people.csv') })
  const found = await findPeople(db, 'BUYER::::1002::Matt Wilsman::6125251034::')
  expect(found.people).toMatchObject([{ entityId: '1002', fax: '6125259800' }])
  for (const { name, codeType } of ENTITIES) {
    const [type, id] = { PTNR: ['BK', '500'], LOCT: ['DP', '700'], '': ['', ids[name]] }[codeType ?? ''] ?? []
    expect([name, (await findPeople(db, `${name}::${type}::${id}::::::`)).people.length > 0]).toEqual([
      name,
      true,
    ])
    expect(await maskPeople(db, `${name}::${type}::${id}${'::'.repeat(14)}`)).toBeGreaterThan(0)
  }
  const [left] = await run(`select count(*)::int as n from merch.addr where module || key_value_1 = 'ST5001'`)
  expect(left).toEqual({ n: 1 })
})

const ids: Record<string, string> = {
  ...{ BUYER: '101', MERCHANT: '301', STORE: '5001', WAREHOUSE: '9001', SUPPLIER: '2000' },
  'ORDER CUSTOMER': '880001',
}

test('a wrong person is told by line and field, never by value, and nothing is loaded', async () => {
  const before = await run('select count(*)::int from merch.buyer')
  const wrong: [object, string][] = [
    [{ entityName: 'BUYER', entityId: 'x', fullName: 'Zeb' }, 'entityId must be a number'],
    [{ entityName: 'BUYER', entityId: '7' }, 'fullName is required for BUYER'],
    [
      { entityName: 'BUYER', entityId: '7', fullName: 'Zeb', email: 'zeb@x' },
      'email must be empty for BUYER',
    ],
    [
      { entityName: 'BUYER', entityId: '7', fullName: 'Zeb'.repeat(99) },
      'fullName must be at most 120 characters',
    ],
    [
      { entityName: 'BUYER', entityId: '7', fullName: 'Zeb', entityType: 'BK' },
      'entityType must be empty for BUYER',
    ],
    [{ entityName: 'PARTNER', entityId: '7', fullName: 'Zeb', phone: '1' }, 'entityType is required'],
    [{ entityName: 'STORE', entityId: '7', fullName: 'Zeb', addr1: 'Zeb' }, 'city is required for STORE'],
    [{ entityName: 'Zeb', entityId: '7' }, 'entityName must be one of BUYER'],
  ]
  for (const [row, message] of wrong) {
    const error = await load([{ entityName: 'BUYER', entityId: '8', fullName: 'Fine' }, row]).catch(
      (e: unknown) => e,
    )
    const { fields } = error as { fields: { field: string; error: string; inputValue: unknown }[] }
    const told = fields.map(({ field, error: words }) => `${field.replace(/^line 1, /, '')} ${words}`)
    expect(told).toContainEqual(expect.stringContaining(message))
    expect(JSON.stringify([fields, String(error)])).not.toMatch(/Zeb|zeb/)
  }
  const unknown = load([
    { entityName: 'PARTNER', entityType: 'XX', entityId: '7', fullName: 'Zeb', phone: '1' },
  ])
  await expect(unknown).rejects.toMatchObject({ business: [{ errorMessage: 'XX is not a code of PTNR' }] })
  expect(await run('select count(*)::int from merch.buyer')).toEqual(before)
})
