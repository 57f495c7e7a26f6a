import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EPOCH, fromMillis } from '../../src/domain/instant.ts'
import { formatOffsetkey, parseOffsetkey, type OffsetScope } from '../../src/domain/offsetkey.ts'

const millis = fc.integer({ min: 0, max: Date.UTC(2100, 0) })
const instant = millis.map(fromMillis)
const position = fc.record({
  changedAt: fc
    .tuple(instant, fc.integer({ min: 0, max: 999 }))
    .map(([at, us]) => `${at.slice(0, 23)}${String(us).padStart(3, '0')}Z`),
  key: fc.string({ unit: 'binary' }).map((key) => key.replaceAll('\0', '')),
})
const filters = fc.array(
  fc.record({ filter: fc.record({ name: fc.string(), path: fc.constant('$.x') }), value: fc.string() }),
  { maxLength: 3 },
)
const scope: fc.Arbitrary<OffsetScope> = fc.record({
  service: fc.string(),
  since: instant,
  before: instant,
  filters,
})

const unordered = (part: OffsetScope[keyof OffsetScope]) => {
  return typeof part === 'string' ? part : JSON.stringify(part.map((each) => JSON.stringify(each)).sort())
}

test('an offsetkey reads back as the position it was made of', () => {
  fc.assert(
    fc.property(position, scope, (place, run) => {
      expect(parseOffsetkey(formatOffsetkey(place, run), run)).toEqual(place)
    }),
  )
})

test('an offsetkey of another service, window or choice of filters is refused', () => {
  fc.assert(
    fc.property(position, scope, scope, (place, run, other) => {
      const parts = (['service', 'since', 'before', 'filters'] as const).filter(
        (part) => unordered(run[part]) !== unordered(other[part]),
      )
      const offsetkey = formatOffsetkey(place, run)
      expect(parts.filter((part) => parseOffsetkey(offsetkey, { ...run, [part]: other[part] }))).toEqual([])
    }),
  )
})

test('the order in which filters are given does not matter', () => {
  const place = { changedAt: EPOCH, key: 'S,1001,100045' }
  const [a, b] = ['item', 'location'].map((name) => ({ filter: { name, path: '$.x' }, value: '1' }))
  const run = { service: 'foundation/item', since: EPOCH, before: fromMillis(5), filters: [a!, b!] }
  expect(parseOffsetkey(formatOffsetkey(place, run), { ...run, filters: [b!, a!] })).toEqual(place)
})

test('garbage is refused, and so is an offsetkey with any one character changed', () => {
  const run = { service: 's', since: EPOCH, before: fromMillis(1_800_000_000_000), filters: [] }
  const good = formatOffsetkey({ changedAt: '2026-11-20T20:46:00.123456Z', key: 'S,1' }, run)
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, character) => {
      fc.pre(good[at] !== character)
      expect(parseOffsetkey(good.slice(0, at) + character + good.slice(at + 1), run)).toBeUndefined()
    }),
  )
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => parseOffsetkey(text, run) === undefined))
})

test('a position that PostgreSQL could not read is refused even when its check is right', () => {
  const run = { service: 's', since: EPOCH, before: fromMillis(5), filters: [] }
  const places = [
    { changedAt: '2026-02-30T00:00:00.000000Z', key: 'k' },
    { changedAt: '2026-13-01T00:00:00.000000Z', key: 'k' },
    { changedAt: '0000-01-01T00:00:00.000000Z', key: 'k' },
    { changedAt: '2026-01-01T24:00:00.000000Z', key: 'k' },
    { changedAt: EPOCH, key: 'a\0b' },
  ]
  expect(places.filter((place) => parseOffsetkey(formatOffsetkey(place, run), run))).toEqual([])
})
