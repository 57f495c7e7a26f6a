import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  OPTION_TABLES,
  optionColumn,
  parseOption,
  type OptionTable,
  type OptionTypes,
} from '../../src/domain/options/index.ts'
import { getAllOptions } from '../../src/services/options/get.ts'
import { setOptions } from '../../src/services/options/set.ts'
import { testDatabase } from '../support/index.ts'

const tables = Object.entries(OPTION_TABLES) as [OptionTable, OptionTypes][]
const database = await testDatabase()
const { db } = database
const set = (settings: Record<string, string>) =>
  setOptions(
    db,
    Object.entries(settings).map(([name, typed]) => ({ name, typed })),
  )

test.for(tables)('the columns of %s are its options', async ([table, types]) => {
  const columns = await database.run(
    `select column_name as name, data_type as type from information_schema.columns
      where table_schema = 'merch' and table_name = '${table}' and column_name <> 'one_row'`,
  )
  const sorts: Record<string, string> = {
    integer: 'number',
    bigint: 'number',
    numeric: 'number',
    text: 'text',
  }
  const expected = Object.entries(types).map(([name, { kind }]) => [
    optionColumn(name),
    kind === 'code' ? 'text' : kind,
  ])
  const found = columns.map(({ name, type }) => [String(name), sorts[String(type)]])
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected))
})

test('no two options share a name', () => {
  const names = tables.flatMap(([, types]) => Object.keys(types))
  expect(new Set(names).size).toBe(names.length)
})

describe('set', () => {
  test('keeps every value that the rules take, and gives it back as it was', async () => {
    const setting = fc
      .constantFrom(...tables.flatMap(([, types]) => Object.entries(types)))
      .chain(([name, type]) => {
        const value =
          type.kind === 'code'
            ? fc.constantFrom(...type.values)
            : type.kind === 'text'
              ? fc.constantFrom('EA', 'W', '1')
              : type.scale === 0
                ? fc.integer({ min: 0, max: type.max }).map(String)
                : fc.integer({ min: 0, max: 9_999_999 }).map((units) => String(units / 10_000))
        return fc.record({
          name: fc.constant(name),
          typed: fc.option(value, { nil: '' }),
          kind: fc.constant(type.kind),
        })
      })
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(setting, { selector: ({ name }) => name, minLength: 1 }),
        async (settings) => {
          await setOptions(db, settings)
          const values = await getAllOptions(db)
          for (const { name, typed, kind } of settings) {
            expect(values[name]).toBe(typed === '' ? null : kind === 'number' ? Number(typed) : typed)
          }
        },
      ),
      { numRuns: 30 },
    )
  })

  test('refuses unknown names and values that cannot be, each by its name, and then sets none', async () => {
    await set({ importInd: 'Y' })
    const refusal = set({
      importInd: 'N',
      elcInd: 'y',
      costMoney: '-1',
      lookAheadDays: '1.5',
      invHistLevel: 'B',
      nope: '1',
    })
    await expect(refusal).rejects.toMatchObject({
      code: 'invalid',
      fields: [
        { field: 'elcInd', error: 'must be one of Y, N', inputValue: 'y' },
        {
          field: 'costMoney',
          error: 'must be a number with at most 4 decimals from 0 to 99999999',
          inputValue: '-1',
        },
        { field: 'lookAheadDays', error: 'must be a whole number from 0 to 999', inputValue: '1.5' },
        { field: 'invHistLevel', error: 'must be one of N, I, A', inputValue: 'B' },
        { field: 'nope', error: 'is not an option', inputValue: '1' },
      ],
    })
    expect((await getAllOptions(db))['importInd']).toBe('Y')
  })

  test.for(['__proto__', 'constructor', 'importind'])('%s is not an option', async (name) => {
    await expect(setOptions(db, [{ name, typed: 'Y' }])).rejects.toMatchObject({ code: 'invalid' })
  })
})

test('numbers in other spellings are no numbers', () => {
  const spellings = ['0x1', '1e2', ' 1', '1 ', '+1', '1.', '.5', 'NaN', '1.23456', '١']
  const type = OPTION_TABLES.inv_move_unit_options.costMoney
  expect(spellings.filter((typed) => 'value' in parseOption(type, typed))).toEqual([])
})
