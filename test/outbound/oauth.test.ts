import { beforeEach, describe, expect, test } from 'vitest'
import { receiver, type Call } from '../support/index.ts'
import { delivery, oauthCredential } from './support/delivery.ts'
import { CLIENTS, tokenServer } from './support/tokenServer.ts'

const server = await tokenServer()
const hooks = await receiver()
const asked = () => server.requests.length
const granted = () => server.requests.filter(({ status }) => status === 200).length

beforeEach(() => {
  server.requests.length = 0
  hooks.calls.length = 0
  hooks.answer(async (call: Call) => ({
    status: (await server.accepts(call.headers.authorization)) ? 200 : 401,
  }))
})

test('a token of a real server lets calls in, and one token serves many calls', async () => {
  const { send } = delivery(hooks.url, oauthCredential(server.tokenUrl, CLIENTS.basic, 'hooks'))
  expect(await send()).toMatchObject({ kind: 'answered', status: 200 })
  expect(await send()).toMatchObject({ kind: 'answered', status: 200 })
  expect(server.requests).toEqual([{ basic: true, status: 200 }])
})

test('a server that takes the secret in the body only is served that way, and that is remembered', async () => {
  let now = Date.now()
  const { send } = delivery(hooks.url, oauthCredential(server.tokenUrl, CLIENTS.post), { clock: () => now })
  expect(await send()).toMatchObject({ status: 200 })
  expect(server.requests.map(({ basic }) => basic)).toEqual([true, false])
  now += 3_600_000
  expect(await send()).toMatchObject({ status: 200 })
  expect(server.requests.map(({ basic }) => basic)).toEqual([true, false, false])
})

test('parallel calls share one request for a token', async () => {
  const { send } = delivery(hooks.url, oauthCredential(server.tokenUrl, CLIENTS.basic))
  const sent = await Promise.all(Array.from({ length: 20 }, () => send()))
  expect(sent.every((one) => one.kind === 'answered' && one.status === 200)).toBe(true)
  expect(asked()).toBe(1)
})

test('a token that the target no longer takes is renewed once, by one request for all', async () => {
  const { send } = delivery(hooks.url, oauthCredential(server.tokenUrl, CLIENTS.basic))
  await send()
  await server.revoke(hooks.calls[0]?.headers.authorization)
  const sent = await Promise.all(Array.from({ length: 8 }, () => send()))
  expect(sent.every((one) => one.kind === 'answered' && one.status === 200)).toBe(true)
  expect(asked()).toBe(2)
})

test('a target that refuses every token is asked twice and not more', async () => {
  hooks.answer({ status: 401, body: 'no' })
  const { send } = delivery(hooks.url, oauthCredential(server.tokenUrl, CLIENTS.basic))
  expect(await send()).toMatchObject({ kind: 'answered', status: 401, answer: 'no' })
  expect([hooks.calls.length, granted()]).toEqual([2, 2])
  const [first, second] = hooks.calls
  expect(second?.headers.authorization).not.toBe(first?.headers.authorization)
})

describe('a token is renewed', () => {
  const cases = [
    { lifetime: 3600, until: 3239, from: 3241, rule: 'a tenth of its life before it ends' },
    { lifetime: 120, until: 89, from: 91, rule: 'at least 30 s before it ends' },
    { lifetime: 20, until: 9, from: 11, rule: 'not before half its life when it is short' },
  ]
  test.each(cases)('$rule ($lifetime s)', async ({ lifetime, until, from }) => {
    const short = await tokenServer(lifetime)
    const start = Date.now()
    let now = start
    const { send } = delivery(hooks.url, oauthCredential(short.tokenUrl, CLIENTS.basic), { clock: () => now })
    hooks.answer({})
    await send()
    now = start + until * 1000
    await send()
    expect(short.requests.length).toBe(1)
    now = start + from * 1000
    await send()
    expect(short.requests.length).toBe(2)
  })
})

test('a wrong secret, an unknown client and a forbidden scope fail as token and show no secret', async () => {
  const wrong = { id: CLIENTS.basic.id, secret: 'wrong-secret-value' }
  const credentials = [
    oauthCredential(server.tokenUrl, wrong),
    oauthCredential(server.tokenUrl, { id: 'nobody', secret: 'wrong-secret-value' }),
    oauthCredential(server.tokenUrl, CLIENTS.basic, 'forbidden'),
  ]
  const sent = []
  for (const credential of credentials) sent.push(await delivery(hooks.url, credential).send())
  expect(sent).toMatchObject([
    { kind: 'failed', reason: 'token', message: expect.stringMatching(/refused the client.*401/) },
    { kind: 'failed', reason: 'token', message: expect.stringMatching(/refused the client.*401/) },
    { kind: 'failed', reason: 'token', message: expect.stringContaining('invalid_scope') },
  ])
  expect(JSON.stringify(sent)).not.toContain('wrong-secret-value')
  expect(hooks.calls).toEqual([])
})

test('a credential whose content changed gets a token of its own', async () => {
  const first = delivery(hooks.url, oauthCredential(server.tokenUrl, CLIENTS.basic))
  await first.send()
  const target = { ...first.target, targetRevision: 4 }
  const changed = delivery(hooks.url, oauthCredential(server.tokenUrl, { ...CLIENTS.basic, secret: 'new' }))
  expect(await changed.send()).toMatchObject({ reason: 'token' })
  expect(await first.send({ target })).toMatchObject({ reason: 'superseded' })
})
