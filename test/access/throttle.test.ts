import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SincewireError } from '../../src/domain/errors.ts'
import { createKeyHasher } from '../../src/secrets/keyHash.ts'
import { createAuthenticate } from '../../src/services/access/authenticate.ts'
import { createThrottle } from '../../src/services/access/throttle.ts'
import { ADMIN_KEY, testApp, testDatabase } from '../support/index.ts'
import { clientsOf, READ } from './support.ts'

const wrong = `sw_${'0'.repeat(16)}_${'A'.repeat(43)}`

test('after too many failures an address waits, with the admin key too; a key that it showed before goes on', async () => {
  const database = await testDatabase()
  const { url } = await testApp(database.url, { 'access.failedAttempts': 3 }, { role: 'api' })
  const { keyOf } = clientsOf(database)
  const [known, fresh] = [await keyOf('known', 'reader'), await keyOf('fresh', 'reader')]
  const ask = async (key: string) => {
    const answer = await fetch(`${url}${READ}`, { headers: { 'x-api-key': key } })
    return {
      status: answer.status,
      wait: Number(answer.headers.get('retry-after')),
      body: await answer.text(),
    }
  }
  expect((await ask(known)).status).toBe(200)
  for (const key of [wrong, 'guess', `${ADMIN_KEY}x`]) expect((await ask(key)).status).toBe(401)
  const waits = [await ask(wrong), await ask(ADMIN_KEY), await ask(fresh), await ask('guess')]
  for (const { status, wait, body } of waits) {
    expect([status, wait > 0 && wait <= 60, body]).toEqual([429, true, waits[0]!.body])
  }
  expect((await ask(known)).status).toBe(200)
  expect((await fetch(`${url}${READ}`)).status).toBe(401) // showing nothing is no attempt
})

test('what is not accepted is told to the log with its address, as often as an address may try', async () => {
  const told: unknown[] = []
  const throttle = createThrottle({ failures: 3, windowSeconds: 60, clock: () => 0 })
  const authenticate = createAuthenticate({
    ...{ throttle, hasher: createKeyHasher(), adminKey: ADMIN_KEY, bearer: undefined },
    ...{ findKey: () => Promise.resolve(undefined), noteUse: () => Promise.resolve() },
    ...{ onRefused: (refused: unknown) => told.push(refused), onTrouble: () => {} },
  })
  const show = (key: string) => authenticate({ kind: 'key', via: 'apiKey', key, client: null }, '10.0.0.1')
  for (let i = 0; i < 10; i++) await expect(show(`guess-${i}`)).rejects.toThrow(SincewireError)
  await expect(authenticate({ kind: 'nothing' }, '10.0.0.2')).rejects.toThrow('does not show who makes it')
  expect(told).toEqual(Array.from({ length: 3 }, () => ({ way: 'key', address: '10.0.0.1' })))
})

test('failures count by address, by /64 in IPv6, until the window of the first one ends', () => {
  let now = 0
  const throttle = createThrottle({ failures: 2, windowSeconds: 60, clock: () => now })
  const fail = (address: string) => {
    throttle.count(address)
    return throttle.waitOf(address)
  }
  expect([fail('10.0.0.1'), fail('10.0.0.1'), throttle.waitOf('10.0.0.2')]).toEqual([
    undefined,
    60,
    undefined,
  ])
  expect([fail('2001:db8::1'), fail('2001:db8:0:0:1::2'), fail('2001:db8:0:1::1')]).toEqual([
    undefined,
    60,
    undefined,
  ])
  now = 59_500
  expect([fail('10.0.0.1'), throttle.waitOf('2001:db8::9')]).toEqual([1, 1])
  now = 60_000
  expect([throttle.waitOf('10.0.0.1'), throttle.waitOf('2001:db8::9')]).toEqual([undefined, undefined])
})

test('is as a plain count of each address says, whatever happens in which order', () => {
  const event = fc.record({
    address: fc.constantFrom('a', 'b', 'c'),
    passes: fc.nat(40_000),
    fails: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      let now = 0
      const throttle = createThrottle({ failures: 3, windowSeconds: 60, clock: () => now })
      const model = new Map<string, { from: number; count: number }>()
      for (const { address, passes, fails } of events) {
        now += passes
        const held = model.get(address)
        const window = held && now < held.from + 60_000 ? held : { from: now, count: 0 }
        model.set(address, window)
        expect(throttle.waitOf(address) !== undefined).toBe(window.count >= 3)
        if (window.count === 0) window.from = now
        if (fails) window.count++
        if (fails) throttle.count(address)
      }
    }),
  )
})

test('remembers so many addresses at most; those beyond share one count', () => {
  const throttle = createThrottle({ failures: 2, windowSeconds: 60, clock: () => 0 })
  for (let i = 0; i < 10_000; i++) throttle.count(`host-${i}`)
  throttle.count('late')
  expect(throttle.waitOf('later')).toBeUndefined()
  throttle.count('later')
  expect([throttle.waitOf('latest'), throttle.waitOf('host-1')]).toEqual([60, undefined])
})
