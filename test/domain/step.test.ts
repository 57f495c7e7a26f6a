import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addMillis, EPOCH, fromMillis } from '../../src/domain/instant.ts'
import type { Listener } from '../../src/domain/listener.ts'
import { asksForNews, pollListener, type PollContext } from '../../src/domain/poll.ts'
import { nextStep, type Step } from '../../src/domain/step.ts'
import { plainEdge } from '../../src/domain/window.ts'

const NOW = fromMillis(1_800_000_000_000)

const base: Listener = {
  ...{ uid: 'u', listenerName: 'l', service: 's', credentialName: 'c', listenerUrl: 'https://example.com' },
  ...{ enabled: true, includePayload: true, intervalSeconds: 900, pageLimit: 10, queryParameter: null },
  ...{
    heartbeatIntervalHours: 6,
    generation: 0,
    targetRevision: 3,
    provenRevision: 3,
    since: plainEdge(EPOCH),
  },
  ...{ before: null, after: null, nextPollAt: addMillis(NOW, 1000), nextHeartbeatAt: addMillis(NOW, 5000) },
  ...{ failures: 0, holdSince: null, heartbeatError: null },
}
const open = { before: plainEdge(NOW) }
const held = { failures: 2, holdSince: NOW }
const probeDue = { nextHeartbeatAt: NOW }

/** The table of step.ts, a row each. */
const rows: readonly [of: string, listener: Partial<Listener>, step: Step['kind']][] = [
  ['is disabled', { enabled: false, ...open, ...probeDue }, 'rest'],
  ['is on hold, its probe not due', { ...held, ...open }, 'rest'],
  [
    'is on hold, its probe not due, its target not proven',
    { ...held, ...open, provenRevision: null },
    'rest',
  ],
  ['is on hold, its probe due', { ...held, ...open, ...probeDue }, 'heartbeat'],
  ['goes to a target that is not proven', { ...open, provenRevision: 2 }, 'heartbeat'],
  ['was never called', { provenRevision: null }, 'heartbeat'],
  ['has a heartbeat due', { ...open, ...probeDue }, 'heartbeat'],
  ['has an open window, includePayload Y', open, 'page'],
  ['has an open window, includePayload N', { ...open, includePayload: false }, 'event'],
  ['has nothing to do', {}, 'rest'],
]

describe('a listener that', () => {
  test.each(rows)('%s', (_of, listener, kind) => {
    expect(nextStep({ ...base, ...listener }, NOW).kind).toBe(kind)
  })
})

const anyListener: fc.Arbitrary<Listener> = fc
  .record({
    enabled: fc.boolean(),
    includePayload: fc.boolean(),
    targetRevision: fc.constantFrom(1, 2),
    provenRevision: fc.constantFrom(null, 1, 2),
    before: fc.constantFrom(null, plainEdge(NOW)),
    failures: fc.constantFrom(0, 0, 1, 7),
    intervalSeconds: fc.integer({ min: 1, max: 999_999 }),
    poll: fc.integer({ min: -3000, max: 3000 }),
    heartbeat: fc.integer({ min: -3000, max: 3000 }),
  })
  .map(({ poll, heartbeat, ...rest }) => ({
    ...{ ...base, ...rest },
    nextPollAt: addMillis(NOW, poll),
    nextHeartbeatAt: addMillis(NOW, heartbeat),
  }))

const anyContext: fc.Arbitrary<PollContext> = fc.record({
  now: fc.constant(NOW),
  woken: fc.boolean(),
  before: fc.constantFrom(null, plainEdge(NOW)),
})

test('nothing but heartbeats goes out on hold or to an unproven target', () => {
  fc.assert(
    fc.property(anyListener, (listener) => {
      const { kind } = nextStep(listener, NOW)
      const proven = listener.failures === 0 && listener.provenRevision === listener.targetRevision
      expect(kind === 'rest' || kind === 'heartbeat' || (proven && listener.enabled)).toBe(true)
    }),
  )
})

test('the sweep queues a turn exactly when the turn would find something to do', () => {
  fc.assert(
    fc.property(anyListener, anyContext, fc.boolean(), (listener, context, news) => {
      const enabled = { ...listener, enabled: true } // the sweep claims no other
      const poll = pollListener(enabled, context, news)
      const turned = { ...enabled, before: poll.open ?? enabled.before, nextPollAt: poll.nextPollAt }
      expect(poll.turn).toBe(nextStep(turned, NOW).kind !== 'rest')
      // What rests is due again in the future, unless nothing can be asked of it now.
      expect(poll.turn || context.before === null || poll.dueAt > NOW).toBe(true)
      expect(poll.open !== null).toBe(news && asksForNews(enabled, context))
    }),
  )
})
