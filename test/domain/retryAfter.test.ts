import { expect, test } from 'vitest'
import { parseRetryAfter } from '../../src/domain/retryAfter.ts'

const now = Date.parse('2026-11-20T20:00:00.250Z')

test.each([
  ['120', 120_000],
  [' 0 ', 0],
  ['9999999999', 9_999_999_999_000],
  ['Fri, 20 Nov 2026 20:00:10 GMT', 9_750],
  ['Friday, 20-Nov-26 20:00:10 GMT', 9_750],
  ['Fri Nov 20 20:00:10 2026', 9_750],
  ['Sun Dec  6 20:00:00 2026', 16 * 86_400_000 - 250],
  ['Sunday, 06-Nov-94 08:49:37 GMT', 0],
  ['Fri, 20 Nov 2026 19:00:00 GMT', 0],
])('Retry-After %s asks for %d ms', (value, expected) => {
  expect(parseRetryAfter(value, now)).toBe(expected)
})

test.each([
  undefined,
  '',
  '-1',
  '1.5',
  '1e3',
  'soon',
  '12 s',
  '2026-11-20T20:00:10Z',
  'Fri, 20 Nov 2026',
  '99999999999',
  'Fri, 20 Foo 2026 20:00:10 GMT',
  'Fri, 20 Nov 2026 25:00:10 GMT',
])('Retry-After %j asks for nothing that can be read', (value) => {
  expect(parseRetryAfter(value, now)).toBeNull()
})
