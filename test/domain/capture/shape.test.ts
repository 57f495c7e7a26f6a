import { expect, test } from 'vitest'
import { parseFilter } from '../../../src/domain/capture/filters.ts'
import { shapeRow, toCamelCase } from '../../../src/domain/capture/shape.ts'

test.each([
  ['order_no', 'orderNo'],
  ['ORDER_NO', 'orderNo'],
  ['orderNo', 'orderNo'],
  ['OrderNo', 'orderNo'],
  ['aid', 'aid'],
  ['_x__y2_z', 'xY2Z'],
  ['_', '_'],
])('%s in camel case is %s', (column, name) => expect(toCamelCase(column)).toBe(name))

test('a row that is not shaped is its own document', () => {
  expect(shapeRow(['a'], { excluded: [], renamed: {}, camelCase: false })).toBeNull()
})

test('columns keep their order, excluded ones go, and a given name wins over camel case', () => {
  const shape = { excluded: ['b'], renamed: { c_d: 'x_y' }, camelCase: true }
  expect(shapeRow(['a_a', 'b', 'c_d'], shape)).toEqual([
    { column: 'a_a', name: 'aA' },
    { column: 'c_d', name: 'x_y' },
  ])
})

test.each([
  ['dept=$.dept', { name: 'dept', path: '$.dept' }],
  ['dept=dept', { name: 'dept', path: '$.dept' }],
  ['from>=$.a[*].b', { name: 'from', path: '$.a[*].b', match: 'from' }],
  ['to<=a', { name: 'to', path: '$.a', match: 'to' }],
])('the filter %s', (text, filter) => expect(parseFilter(text)).toEqual(filter))

test.each(['dept', 'dept=', '=dept', '1x=a', 'a b=c'])('%j is no filter', (text) => {
  expect(parseFilter(text)).toBeUndefined()
})
