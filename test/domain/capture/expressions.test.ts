import { expect, test } from 'vitest'
import { parseWatch, splitExpressions } from '../../../src/domain/capture/expressions.ts'

test.each([
  ['order_no', ['order_no']],
  ['a, "B,c"', ['a', '"B,c"']],
  [
    `coalesce(a, b), split_part(c, ',', 1), (array[1,2])[1]`,
    ['coalesce(a, b)', `split_part(c, ',', 1)`, '(array[1,2])[1]'],
  ],
  [`'it''s; -- no comment'`, [`'it''s; -- no comment'`]],
  ['a::text', ['a::text']],
])('%s is %j', (text, parts) => expect(splitExpressions(text)).toEqual(parts))

test.each([
  '',
  'a,',
  ',a',
  '(a',
  'a)',
  '(a]',
  `'a`,
  '"a',
  'a; drop table b',
  'a -- b',
  'a /* b */',
  '$$a$$',
  '$1',
  String.raw`E'\'`,
  'a) from b where (true',
])('%j could leave its parentheses and is refused', (text) => expect(splitExpressions(text)).toBeUndefined())

test('a watch is a table and expressions after a colon', () => {
  expect(parseWatch('shop.line:order_no,a::text')).toEqual({
    table: { schema: { text: 'shop', quoted: false }, name: { text: 'line', quoted: false } },
    expressions: ['order_no', 'a::text'],
  })
  expect(parseWatch('shop."a:b":c')?.table.name).toEqual({ text: 'a:b', quoted: true })
  for (const text of ['shop.line', 'line:a', 'shop.line:', ':a', '']) expect(parseWatch(text)).toBeUndefined()
})
