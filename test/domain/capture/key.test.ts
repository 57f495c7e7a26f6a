import fc from 'fast-check'
import { expect, test } from 'vitest'
import { joinKey, splitKey } from '../../../src/domain/capture/key.ts'

const parts = fc.array(fc.oneof(fc.string(), fc.stringMatching(/^[,\\a]{0,6}$/)), {
  minLength: 1,
  maxLength: 4,
})

test('a key splits into the parts it was joined from', () => {
  fc.assert(
    fc.property(parts, (given) => {
      expect(splitKey(joinKey(given), given.length)).toEqual(given)
    }),
  )
})

test('keys of as many parts are the same only when their parts are', () => {
  fc.assert(
    fc.property(parts, parts, (a, b) => {
      fc.pre(a.length === b.length)
      expect(joinKey(a) === joinKey(b)).toBe(a.every((part, index) => part === b[index]))
    }),
  )
})

test.each([
  [['a,b\\'], 'a,b\\'],
  [['S', '1001', 'x,y'], 'S,1001,x\\,y'],
  [['', ''], ','],
])('%j is %s', (given, key) => expect(joinKey(given)).toBe(key))
