import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { payloadId } from '../../src/domain/envelope.ts'
import {
  addMillis,
  EPOCH,
  fromMillis,
  fromPostgres,
  parseInstant,
  toIsoMillis,
  toMillis,
} from '../../src/domain/instant.ts'
import { judge, type Outcome } from '../../src/domain/outcome.ts'
import { holdMilliseconds, waitInPlace, type RetryPolicy } from '../../src/domain/retry.ts'
import { plainEdge } from '../../src/domain/window.ts'

describe('an attempt', () => {
  const statuses: readonly [number, Outcome['kind']][] = [
    [200, 'success'],
    [204, 'success'],
    [299, 'success'],
    [301, 'failed'],
    [302, 'failed'],
    [400, 'failed'],
    [401, 'failed'],
    [403, 'failed'],
    [404, 'failed'],
    [413, 'failed'],
    [408, 'transient'],
    [425, 'transient'],
    [429, 'transient'],
    [500, 'transient'],
    [503, 'transient'],
    [410, 'gone'],
  ]
  test.each(statuses)('that is answered %d is judged %s', (status, kind) => {
    expect(judge({ kind: 'answered', status, retryAfterMilliseconds: null }).kind).toBe(kind)
  })
  test.each([
    ['ECONNREFUSED', 'transient'],
    ['timeout', 'transient'],
    ['blocked_address', 'failed'],
    ['token', 'failed'],
  ])('that fails with %s is judged %s', (reason, kind) =>
    expect(judge({ kind: 'failed', reason, message: '' }).kind).toBe(kind),
  )
})

const policy: fc.Arbitrary<RetryPolicy> = fc.record({
  inPlaceRetries: fc.integer({ min: 0, max: 10 }),
  inPlaceDelayMilliseconds: fc.integer({ min: 0, max: 60_000 }),
  holdBaseMilliseconds: fc.integer({ min: 1000, max: 86_400_000 }),
  holdMaxMilliseconds: fc.integer({ min: 1000, max: 604_800_000 }),
})
const dice = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

test('a hold grows with each failure, stays within its bounds and honours Retry-After up to a day', () => {
  fc.assert(
    fc.property(
      policy,
      fc.integer({ min: 1, max: 2000 }),
      dice,
      fc.nat(200_000_000),
      (p, failures, d, retryAfter) => {
        const without = holdMilliseconds(p, failures, d, 0)
        expect(without).toBeLessThanOrEqual(p.holdMaxMilliseconds)
        expect(without).toBeGreaterThanOrEqual(
          Math.floor(Math.min(p.holdMaxMilliseconds, p.holdBaseMilliseconds) / 2),
        )
        expect(holdMilliseconds(p, failures + 1, d, 0)).toBeGreaterThanOrEqual(without)
        expect(holdMilliseconds(p, failures, d, retryAfter)).toBe(
          Math.max(without, Math.min(retryAfter, 86_400_000)),
        )
      },
    ),
  )
})

test('a long Retry-After is not waited for in place', () => {
  fc.assert(
    fc.property(policy, (p) => {
      const longest = p.inPlaceDelayMilliseconds * 2 ** p.inPlaceRetries
      expect(waitInPlace(p, longest)).toBe(true)
      expect(waitInPlace(p, longest + 1)).toBe(false)
    }),
  )
})

const ms = fc.integer({ min: 0, max: Date.UTC(9990, 0) })

test('instants compare as text, keep microseconds and survive the way through PostgreSQL', () => {
  fc.assert(
    fc.property(
      ms,
      ms,
      fc.integer({ min: 0, max: 999 }),
      fc.integer({ min: -1e9, max: 1e9 }),
      (a, b, micros, by) => {
        const [x, y] = [fromMillis(a), fromMillis(b)]
        expect(x < y).toBe(a < b)
        expect(parseInstant(toIsoMillis(x))).toBe(x)
        const exact = `${x.slice(0, 23)}${String(micros).padStart(3, '0')}Z`
        const text = exact.replace('T', ' ').replace(/\.?0*Z$/, '+00')
        expect(fromPostgres(text)).toBe(exact)
        fc.pre(a + by >= 0)
        expect([toMillis(addMillis(exact, by)), addMillis(exact, by).slice(23)]).toEqual([
          a + by,
          exact.slice(23),
        ])
      },
    ),
  )
})

test.each([
  '2026-02-30T00:00:00.000Z',
  '2026-13-01T00:00:00Z',
  '2026-01-01',
  '2026-01-01T00:00:00',
  '1969-12-31T23:59:59Z',
  '9999-01-01T00:00:00Z',
  'yesterday',
  '2026-01-01T25:00:00Z',
])('%s is no instant', (text) => expect(parseInstant(text)).toBeUndefined())

test('a page whose records differ has another webhook id, the same page the same', () => {
  const request = {
    service: 's',
    window: { since: plainEdge(EPOCH), before: plainEdge(fromMillis(1)) },
    after: null,
    limit: 10,
    projection: null,
  }
  const page = {
    bytes: Buffer.alloc(0),
    count: 10,
    hasMore: true,
    last: { changedAt: fromMillis(1), key: 'a' },
  }
  const id = payloadId('u', 0, request, page)
  expect(payloadId('u', 0, request, { ...page, bytes: Buffer.from('links differ') })).toBe(id)
  const others = [
    payloadId('v', 0, request, page),
    payloadId('u', 1, request, page),
    payloadId('u', 0, request, { ...page, count: 9 }),
    payloadId('u', 0, request, { ...page, last: { changedAt: fromMillis(1), key: 'b' } }),
    payloadId('u', 0, { ...request, after: { changedAt: fromMillis(0), key: 'z' } }, page),
    payloadId('u', 0, { ...request, projection: 'include=items.a' }, page),
    payloadId('u', 0, request, { ...page, hasMore: false }),
  ]
  expect(new Set([id, ...others]).size).toBe(others.length + 1)
})
