import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parsePaths, parseProjection, project, projectionText } from '../../src/domain/projection.ts'

const names = ['a', 'b', 'c', 'été', 'x"y', 'back\\slash', '__proto__']
const name = fc.constantFrom(...names)
const scalar = fc.oneof(
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.string(),
  fc.constantFrom('"', '\\', '}],{', '\\"'),
)
const value = fc.letrec((tie) => ({
  any: fc.oneof({ depthSize: 'medium' }, scalar, tie('object'), fc.array(tie('any'), { maxLength: 4 })),
  object: fc.array(fc.tuple(name, tie('any')), { maxLength: 6 }).map(toObject),
}))
const records = fc.array(value.object, { maxLength: 5 })
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => ['items', ...parts].join('.'))
const projection = fc.record({
  include: fc.array(path, { maxLength: 4 }),
  exclude: fc.array(path, { maxLength: 4 }),
})

function toObject(members: [string, unknown][]): object {
  const object = {}
  for (const [key, member] of members) {
    Object.defineProperty(object, key, {
      value: member,
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return object
}

/** The rule said plainly: parse, walk, keep. */
function model(node: unknown, at: string, shape: { include: string[]; exclude: string[] }): unknown {
  if (Array.isArray(node))
    return node.map((element) => model(element, at, shape)).filter((kept) => kept !== undefined)
  const whole = shape.include.length === 0 || shape.include.some((path) => `${at}.`.startsWith(`${path}.`))
  if (typeof node !== 'object' || node === null) return whole ? node : undefined
  const kept = Object.entries(node).flatMap(([key, member]): [string, unknown][] => {
    const place = `${at}.${key}`
    if (shape.exclude.includes(place)) return []
    const wanted = whole || shape.include.some((path) => `${path}.`.startsWith(`${place}.`))
    const below = wanted ? model(member, place, shape) : undefined
    return below === undefined ? [] : [[key, below]]
  })
  return toObject(kept)
}

test('what a projection leaves is what parsing and walking would leave', () => {
  fc.assert(
    fc.property(records, projection, fc.constantFrom(0, 2), (items, shape, indent) => {
      const text = items.map((item) => JSON.stringify(item, null, indent)).join(',')
      const expected = items.map((item) => model(item, 'items', shape))
      expect(JSON.stringify(JSON.parse(`[${project(text, shape)}]`))).toBe(JSON.stringify(expected))
    }),
    { numRuns: 1000 },
  )
})

test('numbers keep every digit, escapes their spelling, and members their order', () => {
  const record = String.raw`{"z":1.500,"id":12345678901234567890123,"caf\u00e9":"\u0041\/","a":[1e400, {"n":0.10}]}`
  expect(project(record, { include: [], exclude: ['items.none'] })).toBe(record)
  expect(project(record, { include: ['items.id', 'items.café', 'items.a.n'], exclude: [] })).toBe(
    String.raw`{"id":12345678901234567890123,"caf\u00e9":"\u0041\/","a":[{"n":0.10}]}`,
  )
})

test('exclude wins over include, and a whole member over one of its parts', () => {
  const record = '{"a":{"b":1,"c":2},"d":3}'
  expect(project(record, { include: ['items.a', 'items.a.b'], exclude: ['items.a.b'] })).toBe('{"a":{"c":2}}')
  expect(project(record, { include: ['items.a.b', 'items.d'], exclude: ['items.d'] })).toBe('{"a":{"b":1}}')
})

test('a path that is not one of a record member is refused', () => {
  const wrong = [
    '',
    'items',
    'item',
    'hasMore',
    'items.',
    'items..a',
    '.items.a',
    'items.a,',
    'items.a b',
    'items.a,links.href',
  ]
  expect(wrong.filter((list) => typeof parsePaths(list) !== 'string')).toEqual([])
  expect(parsePaths(' items.b, items.a,items.b ')).toEqual(['items.a', 'items.b'])
})

test('a queryParameter holds include and exclude only, each once; blank means none', () => {
  const wrong = [
    'limit=5',
    'include=items.a&include=items.b',
    'include=',
    'include=a',
    'exclude=items.a&since=x',
    'include=%zz',
    'abc',
  ]
  expect(wrong.filter((text) => parseProjection(text).kind !== 'wrong')).toEqual([])
  expect(parseProjection('  ')).toEqual({ kind: 'ok', projection: null })
  expect(parseProjection('?include=items.a%2Citems.b&exclude=items.c')).toEqual({
    kind: 'ok',
    projection: { include: ['items.a', 'items.b'], exclude: ['items.c'] },
  })
})

test('a projection written as text reads back as itself', () => {
  fc.assert(
    fc.property(projection, ({ include, exclude }) => {
      const lists = [include, exclude].map((list) =>
        list.length === 0 ? [] : parsePaths(list.join(',')),
      ) as string[][]
      const shape = { include: lists[0]!, exclude: lists[1]! }
      const text = projectionText(shape)
      expect(parseProjection(text ?? '')).toEqual({ kind: 'ok', projection: text === null ? null : shape })
      expect(text === null).toBe(include.length + exclude.length === 0)
    }),
  )
})
