import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { amend, type Change, type Registered } from '../../src/domain/amend.ts'
import { addMillis, earlier, fromMillis, type Instant } from '../../src/domain/instant.ts'
import { plainEdge } from '../../src/domain/window.ts'

const NOW: Instant = '2026-11-20T20:46:00.000000Z'

/** On hold in the middle of a window, everything planned for later. */
const listener: Registered = {
  uid: 'e2a5b6d4-0000-4000-8000-000000000000',
  listenerName: 'foundation/item',
  service: 'foundation/item',
  credentialName: 'APP1',
  listenerUrl: 'https://receiver.example/a',
  enabled: true,
  includePayload: true,
  intervalSeconds: 900,
  pageLimit: 1000,
  queryParameter: null,
  heartbeatIntervalHours: 6,
  generation: 3,
  targetRevision: 7,
  provenRevision: 7,
  since: plainEdge('2026-11-19T00:00:00.000000Z'),
  before: plainEdge('2026-11-20T00:00:00.000000Z'),
  after: { changedAt: '2026-11-19T12:00:00.000000Z', key: 'k500' },
  nextPollAt: addMillis(NOW, 600_000),
  nextHeartbeatAt: addMillis(NOW, 3_600_000),
  failures: 0,
  holdSince: null,
  heartbeatError: null,
  dueAt: addMillis(NOW, 600_000),
  disabledReason: null,
}
const held: Registered = {
  ...listener,
  failures: 4,
  holdSince: '2026-11-20T20:00:00.000000Z',
  heartbeatError: 'refused',
}
const since = plainEdge('2026-11-01T00:00:00.000000Z')

/** What is different afterwards, nothing else. */
function effect(before: Registered, change: Change): Partial<Registered> | string {
  const amended = amend(before, change, NOW)
  if (amended.kind !== 'changed') return amended.kind
  const after = new Map(Object.entries(amended.listener))
  return Object.fromEntries(
    [...after].filter(([field, value]) => value !== new Map(Object.entries(before)).get(field)),
  )
}

const newTarget = { targetRevision: 8, nextHeartbeatAt: NOW, dueAt: NOW }
const restarted = { generation: 4, before: null, after: null, nextPollAt: NOW, dueAt: NOW }
const holdEnds = { failures: 0, holdSince: null, heartbeatError: null, nextPollAt: NOW }

/** The table of DESIGN.md, "What a change of registration does": total, so that a new field needs its row. */
const table: Record<keyof Change, readonly [Registered, Change, Partial<Registered> | string][]> = {
  listenerUrl: [
    [
      listener,
      { listenerUrl: 'https://new.example/' },
      { listenerUrl: 'https://new.example/', ...newTarget },
    ],
    [
      held,
      { listenerUrl: 'https://new.example/' },
      { listenerUrl: 'https://new.example/', ...newTarget, ...holdEnds },
    ],
  ],
  credentialName: [[listener, { credentialName: 'APP2' }, { credentialName: 'APP2', ...newTarget }]],
  secrets: [[listener, { secrets: 'changed' }, newTarget]],
  since: [
    [listener, { since }, { since, ...restarted }],
    [listener, { since: listener.since }, restarted],
    [held, { since }, { since, ...restarted }],
  ],
  includePayload: [
    [listener, { includePayload: false }, { includePayload: false, ...restarted }],
    [listener, { includePayload: false, since }, { includePayload: false, since, ...restarted }],
  ],
  pageLimit: [[listener, { pageLimit: 10 }, { pageLimit: 10 }]],
  queryParameter: [
    [listener, { queryParameter: 'include=items.item' }, { queryParameter: 'include=items.item' }],
    [
      { ...listener, queryParameter: 'include=items.item' },
      { queryParameter: null },
      { queryParameter: null },
    ],
  ],
  enabled: [
    [listener, { enabled: false }, { enabled: false }],
    [held, { enabled: false }, { enabled: false }],
    [{ ...listener, enabled: false }, { enabled: true }, { enabled: true, nextPollAt: NOW, dueAt: NOW }],
    [
      { ...held, enabled: false, disabledReason: '410 Gone' },
      { enabled: true },
      { enabled: true, disabledReason: null, nextHeartbeatAt: NOW, dueAt: NOW, ...holdEnds },
    ],
  ],
  intervalSeconds: [
    [listener, { intervalSeconds: 3600 }, { intervalSeconds: 3600 }],
    [
      listener,
      { intervalSeconds: 10 },
      { intervalSeconds: 10, nextPollAt: addMillis(NOW, 10_000), dueAt: addMillis(NOW, 10_000) },
    ],
  ],
  heartbeatIntervalHours: [[listener, { heartbeatIntervalHours: 1 }, { heartbeatIntervalHours: 1 }]],
  deleteInd: [
    [listener, { deleteInd: true, pageLimit: 10 }, 'deleted'],
    [listener, { deleteInd: false }, 'unchanged'],
  ],
}

describe('a change of registration does what the table says, and nothing else', () => {
  for (const [field, rows] of Object.entries(table)) {
    test.for(rows.map((row, at) => [at, row] as const))(`${field} %i`, ([, [before, change, expected]]) => {
      expect(effect(before, change)).toEqual(expected)
    })
  }
})

const instant = fc.integer({ min: 1, max: 2_000_000_000 }).map((seconds) => fromMillis(seconds * 1000))
const edge = instant.map(plainEdge)
const registered: fc.Arbitrary<Registered> = fc
  .record({
    credentialName: fc.constantFrom('APP1', 'APP2'),
    listenerUrl: fc.constantFrom('https://a.example/', 'https://b.example/'),
    enabled: fc.boolean(),
    includePayload: fc.boolean(),
    intervalSeconds: fc.constantFrom(1, 900, 999_999),
    pageLimit: fc.constantFrom(1, 1000),
    queryParameter: fc.constantFrom(null, 'include=items.item'),
    heartbeatIntervalHours: fc.constantFrom(1, 6),
    since: edge,
    window: fc.option(
      fc.record({ before: edge, after: fc.option(fc.record({ changedAt: instant, key: fc.string() })) }),
    ),
    nextPollAt: instant,
    nextHeartbeatAt: instant,
    failures: fc.integer({ min: 0, max: 3 }),
    disabledReason: fc.constantFrom(null, '410 Gone'),
  })
  .map(({ window, ...values }) => ({
    ...listener,
    ...values,
    before: window?.before ?? null,
    after: window?.after ?? null,
    dueAt: earlier(values.nextPollAt, values.nextHeartbeatAt),
  }))
const change: fc.Arbitrary<Change> = fc.record(
  {
    credentialName: fc.constantFrom('APP1', 'APP2'),
    listenerUrl: fc.constantFrom('https://a.example/', 'https://b.example/'),
    enabled: fc.boolean(),
    includePayload: fc.boolean(),
    intervalSeconds: fc.constantFrom(1, 900, 999_999),
    pageLimit: fc.constantFrom(1, 1000),
    queryParameter: fc.constantFrom(null, 'include=items.item'),
    heartbeatIntervalHours: fc.constantFrom(1, 6),
    since: edge,
    secrets: fc.constant('changed' as const),
  },
  { requiredKeys: [] },
)

/** A plain model: which of the four things happen, from the two registrations alone. */
function model(before: Registered, asked: Change) {
  const differs = (field: keyof Change & keyof Registered) =>
    asked[field] !== undefined && asked[field] !== before[field]
  return {
    retargets: differs('listenerUrl') || differs('credentialName') || asked.secrets !== undefined,
    restarts: asked.since !== undefined || differs('includePayload'),
    resumes: differs('enabled') && asked.enabled === true,
    any: Object.keys(asked).some(
      (field) =>
        field === 'since' || field === 'secrets' || differs(field as keyof Change & keyof Registered),
    ),
  }
}

test('any change of several fields does what each of them does', () => {
  fc.assert(
    fc.property(registered, change, instant, (before, asked, now) => {
      const expected = model(before, asked)
      const amended = amend(before, asked, now)
      expect(amended.kind).toBe(expected.any ? 'changed' : 'unchanged')
      if (amended.kind !== 'changed') return
      const after = amended.listener
      const { since: newSince, secrets: _, ...values } = asked
      expect(after).toMatchObject(values)

      expect(after.targetRevision - before.targetRevision).toBe(expected.retargets ? 1 : 0)
      expect(after.generation - before.generation).toBe(expected.restarts ? 1 : 0)
      expect(after.since).toEqual(newSince ?? before.since)
      expect(after.before).toEqual(expected.restarts ? null : before.before)
      expect(after.after).toEqual(expected.restarts ? null : before.after)

      const failed = before.failures > 0 || before.disabledReason !== null
      const freed = expected.retargets || (expected.resumes && failed)
      expect(after.failures).toBe(freed ? 0 : before.failures)
      expect(after.disabledReason).toBe(expected.resumes ? null : before.disabledReason)
      const heartbeatAt = freed ? earlier(before.nextHeartbeatAt, now) : before.nextHeartbeatAt
      expect(after.nextHeartbeatAt).toBe(heartbeatAt)
      const polledNow = expected.restarts || expected.resumes
      expect(polledNow ? after.nextPollAt <= now : true).toBe(true)

      // Nothing that was planned is put off, and the sweep looks in time for all of it.
      expect(after.nextPollAt <= before.nextPollAt).toBe(true)
      expect(after.dueAt <= before.dueAt).toBe(true)
      expect(after.dueAt <= earlier(after.nextPollAt, after.nextHeartbeatAt)).toBe(true)
      expect(after.provenRevision).toBe(before.provenRevision)
    }),
    { numRuns: 2000 },
  )
})

test('asking for the same again changes nothing, except that a since given is a replay', () => {
  fc.assert(
    fc.property(registered, change, instant, (before, asked, now) => {
      const { since: _, secrets: __, ...values } = asked
      const once = amend(before, values, now)
      const standing = once.kind === 'changed' ? once.listener : before
      expect(amend(standing, values, now).kind).toBe('unchanged')
      const replayed = amend(standing, { ...values, since: standing.since }, now)
      expect(replayed).toMatchObject({
        kind: 'changed',
        listener: { generation: standing.generation + 1, before: null },
      })
    }),
  )
})
