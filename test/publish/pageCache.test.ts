import { expect, test } from 'vitest'
import type { Page } from '../../src/domain/page.ts'
import { createPageCache } from '../../src/services/publish/pageCache.ts'

const page = (bytes: number): Page => ({ bytes: Buffer.alloc(bytes), count: 0, hasMore: false, last: null })

function setup(maxBytes = 100) {
  const clock = { now: 0 }
  const cache = createPageCache({ maxBytes, keepMilliseconds: 1000, now: () => clock.now })
  let reads = 0
  const read = (bytes: number) => () => {
    reads++
    return Promise.resolve(page(bytes))
  }
  return { cache, clock, read, reads: () => reads }
}

test('equal requests share one read, in flight and a moment later, but not for long', async () => {
  const { cache, clock, read, reads } = setup()
  const [a, b] = await Promise.all([cache.get('k', read(10)), cache.get('k', read(10))])
  expect(a).toBe(b)
  clock.now = 999
  expect(await cache.get('k', read(10))).toBe(a)
  expect(reads()).toBe(1)
  clock.now = 1000
  expect(await cache.get('k', read(10))).not.toBe(a)
  expect([reads(), cache.bytes()]).toEqual([2, 10])
})

test('a failure is told to all who wait and is tried again by the next', async () => {
  const { cache, read } = setup()
  const fail = () => Promise.reject(new Error('away'))
  const both = await Promise.allSettled([cache.get('k', fail), cache.get('k', read(1))])
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await expect(cache.get('k', read(1))).resolves.toMatchObject({ bytes: Buffer.alloc(1) })
})

test('the cache never holds more than its bytes: the oldest page goes, and one too large never comes in', async () => {
  const { cache, read, reads } = setup(100)
  for (const key of ['a', 'b', 'c']) await cache.get(key, read(40))
  expect(cache.bytes()).toBe(80)
  await cache.get('c', read(40))
  expect(reads()).toBe(3)
  await cache.get('a', read(40))
  expect(reads()).toBe(4)
  await cache.get('large', read(101))
  expect(cache.bytes()).toBeLessThanOrEqual(100)
  await cache.get('large', read(101))
  expect(reads()).toBe(6)
})
