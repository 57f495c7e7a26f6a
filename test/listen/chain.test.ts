import { describe, expect, test } from 'vitest'
import { follow, type Chain, type Step } from '../../src/cli/listen/chain.ts'
import { lineOf } from '../../src/cli/listen/lines.ts'
import { NOTHING_APPLIED, Replica } from '../../src/cli/listen/replica.ts'

const at = (second: number) => `2026-11-20T20:00:0${second}.000Z`
const window = (since: number, before: number) => ({ since: at(since), before: at(before) })
const after = (complete: boolean): Chain => ({ ...window(3, 5), complete, furthest: at(3) })

// State × what comes: a step for each, so that a forgotten one does not compile.
type State = 'none' | 'complete' | 'incomplete'
const states: Record<State, Chain | undefined> = {
  none: undefined,
  complete: after(true),
  incomplete: after(false),
}
const table: Record<State, [since: number, before: number, step: Step, replaying: boolean][]> = {
  none: [[3, 5, 'first', false]],
  complete: [
    [5, 7, 'next', false],
    [3, 5, 'page', false],
    [3, 7, 'replay', true],
    [1, 2, 'replay', true],
    [4, 7, 'replay', true],
    [6, 7, 'gap', false],
  ],
  incomplete: [
    [3, 5, 'page', false],
    [3, 7, 'restart', true],
    [1, 7, 'replay', true],
    [5, 7, 'gap', false],
    [4, 7, 'gap', true],
  ],
}

describe.each(Object.entries(states))('after a window that is %s', (name, chain) => {
  test.each(table[name as State])('(%d, %d] is a %s', (since, before, step, replaying) => {
    expect(follow(chain, window(since, before), true)).toMatchObject({ step, replaying })
  })
})

test('a replay is over once the windows have passed the furthest one', () => {
  let chain: Chain | undefined
  const steps: [Step, boolean][] = []
  const windows: [number, number][] = [[0, 5], [1, 3], [3, 6], [6, 7]] // prettier-ignore
  for (const [since, before] of windows) {
    const place = follow(chain, window(since, before), true)
    chain = place.chain
    steps.push([place.step, place.replaying])
  }
  expect(steps).toEqual([['first', false], ['replay', true], ['next', true], ['next', false]]) // prettier-ignore
})

describe('a replica', () => {
  const record = (id: string, second: number, action = 'UPDATE') => ({
    id,
    action,
    cacheTimestamp: at(second),
  })

  test('holds the last state of each key, and nothing of a deleted one', () => {
    const replica = new Replica()
    const items = [
      record('a', 1, 'INSERT'),
      record('b', 1, 'INSERT'),
      record('a', 2),
      record('b', 2, 'DELETE'),
    ]
    expect(replica.apply(items, ['id'], false)).toEqual({ ...NOTHING_APPLIED, upserts: 3, deletes: 1 })
    expect([...replica.live()]).toEqual([['a', record('a', 2)]])
  })

  test('leaves out what is older, a deleted key too, and counts what comes again unasked', () => {
    const replica = new Replica()
    replica.apply([record('a', 5), record('b', 5, 'DELETE')], ['id'], false)
    const again = [record('a', 4), record('b', 4), record('a', 5)]
    expect(replica.apply(again, ['id'], false)).toMatchObject({ outOfOrder: 2, repeated: 1 })
    expect(replica.apply([record('a', 5)], ['id'], true)).toMatchObject({ repeated: 0, upserts: 1 })
    expect([...replica.live().keys()]).toEqual(['a'])
  })

  test('joins composite keys by commas and leaves out what has no key', () => {
    const replica = new Replica()
    const items = [
      { locType: 'S', loc: 1001, item: 'x' },
      { locType: 'S', loc: null, item: 'x' },
      { loc: 1 },
      null,
      7,
    ]
    expect(replica.apply(items, ['locType', 'loc', 'item'], false)).toMatchObject({ upserts: 1, unkeyed: 4 })
    expect([...replica.live().keys()]).toEqual(['S,1001,x'])
    expect(replica.apply(items, [], false)).toMatchObject({ upserts: 0, unkeyed: 5 })
  })
})

test('a line says what came, for which window, and what is wrong with it', () => {
  const applied = { ...NOTHING_APPLIED, upserts: 1000, outOfOrder: 2 }
  const page = {
    ...{ window: window(6, 7), records: 1002, hasMore: true },
    ...{ step: 'gap' as const, expected: at(5), applied },
  }
  const call = { kind: 'call', type: 'PAYLOAD', listenerName: 'items', service: 'foundation/item' } as const
  expect(lineOf({ ...call, webhookId: 'm', signed: true, duplicate: false, page })).toBe(
    'PAYLOAD    items  foundation/item  1,002 records  (2026-11-20T20:00:06.000Z, 20:00:07.000Z]  ' +
      'GAP: expected since 2026-11-20T20:00:05.000Z  2 OUT OF ORDER  more to come',
  )
})
