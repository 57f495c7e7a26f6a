import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ConnectionCounts, partyOf } from '../../src/domain/connections.ts'

test('an IPv4 address is a party of its own, in IPv6 the first 64 bits are', () => {
  const half = fc
    .array(fc.nat(0xffff), { minLength: 4, maxLength: 4 })
    .map((groups) => groups.map((g) => g.toString(16)))
  fc.assert(
    fc.property(half, half, half, half, (net, otherNet, host, otherHost) => {
      fc.pre(net.join() !== otherNet.join() && net.join() !== '0,0,0,0')
      const party = partyOf([...net, ...host].join(':'))
      expect(partyOf([...net, ...otherHost].join(':'))).toBe(party)
      expect(partyOf([...otherNet, ...host].join(':'))).not.toBe(party)
    }),
  )
  expect(partyOf('2001:db8::1')).toBe(partyOf('2001:DB8:0:0:ffff::2'))
  expect(['192.0.2.1', '::ffff:192.0.2.1', '192.0.2.2'].map(partyOf)).toEqual([
    '192.0.2.1',
    '192.0.2.1',
    '192.0.2.2',
  ])
})

test('however connections come and go, no party has more than it may, and none that ended is counted', () => {
  const step = fc.record({ party: fc.nat(3), end: fc.boolean(), twice: fc.boolean() })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 60 }), (most, steps) => {
      const counts = new ConnectionCounts(most)
      const open = [[], [], [], []] as (() => void)[][]
      for (const { party, end, twice } of steps) {
        const mine = open[party]!
        if (end) {
          const giveBack = mine.pop()
          giveBack?.()
          if (twice) giveBack?.()
          continue
        }
        const giveBack = counts.take(`192.0.2.${party}`)
        expect(giveBack !== undefined).toBe(mine.length < most)
        if (giveBack) mine.push(giveBack)
      }
    }),
  )
})
