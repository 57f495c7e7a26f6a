import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  changeTableFor,
  isServiceName,
  parseNames,
  parseQualifiedName,
  pickName,
} from '../../../src/domain/capture/names.ts'

test('a service is called by segments of letters, digits, _ and -', () => {
  for (const name of ['a', 'foundation/item', 'Foundation/item-2/x_y', 'a'.repeat(100)])
    expect(isServiceName(name)).toBe(true)
  for (const name of ['', '/', 'a/', '/a', 'a//b', 'a b', 'a.b', 'é', 'a'.repeat(101)])
    expect(isServiceName(name)).toBe(false)
})

test.each([
  ['foundation/item', 'foundation_item'],
  ['procurement/order', 'procurement_order'],
])('the change table of %s is called %s', (service, table) => expect(changeTableFor(service)).toBe(table))

test('change tables are short, plain names, and no two services share one', () => {
  const segment = fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/)
  const name = fc.array(segment, { minLength: 1, maxLength: 7 }).map((segments) => segments.join('/'))
  fc.assert(
    fc.property(name, name, (a, b) => {
      expect(changeTableFor(a)).toMatch(/^[a-z0-9_]{1,36}$/)
      expect(changeTableFor(a) === changeTableFor(b)).toBe(a === b)
    }),
  )
  const alike = ['a/b', 'a_b', 'a-b', 'A/b', 'a/B', `a/${'x'.repeat(60)}`, `a/${'x'.repeat(61)}`]
  expect(new Set(alike.map(changeTableFor)).size).toBe(alike.length)
})

test.each([
  ['public.item', 'public', 'item'],
  ['"Odd ""Schema"."a.b"', 'Odd "Schema', 'a.b'],
  ['Public."Item"', 'Public', 'Item'],
])('%s names a table in a schema', (text, schema, name) => {
  expect(parseQualifiedName(text)).toMatchObject({ schema: { text: schema }, name: { text: name } })
})

test.each(['item', 'a.b.c', '.item', 'public.', '"public.item', 'public.item; drop table x', ''])(
  '%j names no table in a schema',
  (text) => expect(parseQualifiedName(text)).toBeUndefined(),
)

test('lists of names take quotes, and refuse what is empty or open', () => {
  expect(parseNames('a, "B, c" ,d')).toEqual(['a', 'B, c', 'd'])
  for (const text of ['', ',', 'a,', '"a', 'a,,b', '""']) expect(parseNames(text)).toBeUndefined()
})

test('a name is taken as written, or else as PostgreSQL folds it', () => {
  expect(pickName(['id', 'Id'], 'Id')).toBe('Id')
  expect(pickName(['id'], 'ID')).toBe('id')
  expect(pickName(['Id'], 'id')).toBeUndefined()
})
