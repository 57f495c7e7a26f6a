import { expect, test } from 'vitest'
import { clientsOf, READ } from '../access/support.ts'
import { testApp, testDatabase } from '../support/index.ts'

const database = await testDatabase()
const { keyOf } = clientsOf(database)

async function ask(url: string, key: string, forwardedFor: string): Promise<Response> {
  const answer = await fetch(`${url}${READ}`, {
    headers: { 'x-api-key': key, 'x-forwarded-for': forwardedFor },
  })
  await answer.body?.cancel()
  return answer
}

test('a client with a list of addresses gets in from them alone, through a trusted proxy, whatever it claims', async () => {
  const direct = await testApp(database.url, {}, { role: 'api' })
  const proxied = await testApp(database.url, { 'proxies.trusted': '127.0.0.1' }, { role: 'api' })
  const key = await keyOf('placed', 'reader', { addresses: ['192.0.2.0/24', '2001:db8::/32'] })
  const status = async (url: string, from: string) => (await ask(url, key, from)).status
  expect([await status(proxied.url, '192.0.2.1'), await status(proxied.url, '2001:db8::1')]).toEqual([
    200, 200,
  ])
  expect([await status(direct.url, '192.0.2.1'), await status(direct.url, '127.0.0.1')]).toEqual([403, 403])
  expect(await status(proxied.url, '192.0.2.1, 198.51.100.1')).toBe(403)
})

test('guessing keys is throttled by the address that calls, not by the one that is claimed', async () => {
  const settings = { 'access.failedAttempts': 3 }
  const direct = await testApp(database.url, settings, { role: 'api' })
  const claimed = await Promise.all([1, 2, 3, 4, 5].map((n) => ask(direct.url, 'guess', `192.0.2.${n}`)))
  expect(claimed.filter(({ status }) => status === 429)).toHaveLength(2)
  const proxied = await testApp(
    database.url,
    { ...settings, 'proxies.trusted': '127.0.0.1' },
    { role: 'api' },
  )
  const told = await Promise.all([1, 2, 3, 4, 5].map((n) => ask(proxied.url, 'guess', `192.0.2.${n}`)))
  expect(told.map(({ status }) => status)).toEqual(Array(5).fill(401))
})

test('requests of a client are limited however it shows its key; those of others and failed ones do not count', async () => {
  const { url } = await testApp(database.url, { 'limits.requestsPerMinute': 2 }, { role: 'api' })
  const [busy, other] = [await keyOf('busy', 'reader'), await keyOf('other', 'reader')]
  const asBasic = `Basic ${Buffer.from(`busy:${busy}`).toString('base64')}`
  expect((await ask(url, 'guess', '')).status).toBe(401)
  expect((await ask(url, busy, '')).headers.get('ratelimit-remaining')).toBe('1')
  expect(
    (await fetch(`${url}${READ}`, { headers: { authorization: asBasic } })).headers.get(
      'ratelimit-remaining',
    ),
  ).toBe('0')
  const refused = await ask(url, busy, '')
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([
    429,
    refused.headers.get('ratelimit-reset'),
  ])
  expect((await ask(url, other, '')).status).toBe(200)
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
})
