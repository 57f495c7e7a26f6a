import { gzipSync } from 'node:zlib'
import { beforeEach, expect, test } from 'vitest'
import { receiver, type Answer } from '../support/index.ts'
import { testClient } from './support/client.ts'
import { delivery, oauthCredential } from './support/delivery.ts'
import { onRequest, rawServer } from './support/rawServer.ts'

const endpoint = await receiver()
const hooks = await receiver()
const client = { id: 'me', secret: 'my-own-secret' }
const json = { 'content-type': 'application/json' }
const token = (fields: object): Answer => ({ headers: json, body: JSON.stringify(fields) })
const { send } = delivery(hooks.url, oauthCredential(`${endpoint.url}/token`, client), {
  milliseconds: 2_000,
})

beforeEach(() => {
  hooks.calls.length = 0
  endpoint.calls.length = 0
})

const GRANT = '{"access_token":"x","token_type":"bearer"}'
const BAD: [what: string, answer: Answer, message: RegExp][] = [
  ['HTML with status 200', { headers: { 'content-type': 'text/html' }, body: '<html>' }, /not JSON/],
  ['an error page', { status: 502, body: 'my-own-secret' }, /status 502/],
  ['a redirect', { status: 302, headers: { location: hooks.url } }, /status 302/],
  ['no token', token({ token_type: 'bearer' }), /OAUTH_INVALID_RESPONSE/],
  ['no token type', token({ access_token: 'x' }), /OAUTH_INVALID_RESPONSE/],
  ['a token that would forge a header', token({ access_token: 'a\r\nx: y', token_type: 'bearer' }), /no header can hold/],
  ['an error code of its own', { status: 400, headers: json, body: '{"error":"<my-own-secret>"}' }, /unreadable error/],
  ['an endless head', { status: 200, headers: { 'x-a': 'a'.repeat(100_000) } }, /not HTTP as we accept it/],
  ['a body beyond measure', token({ access_token: 'x'.repeat(300_000), token_type: 'bearer' }), /No token|OAuth|not JSON/],
  ['a reset', { instead: 'reset' }, /closed the connection/],
  ['a body compressed unasked', { headers: { ...json, 'content-encoding': 'gzip' }, body: gzipSync(GRANT) }, /OAUTH_PARSE_ERROR/],
  ['a busy sign', { status: 503, headers: { 'retry-after': '5' } }, /status 503/],
] // prettier-ignore

test.each(BAD)(
  '%s instead of a token fails as token, names no secret, and the next call tries anew',
  async (_, answer, message) => {
    endpoint.answer(answer)
    const sent = await send()
    expect(sent).toMatchObject({ kind: 'failed', reason: 'token', message: expect.stringMatching(message) })
    expect(JSON.stringify(sent)).not.toContain(client.secret)
    endpoint.answer(
      token({ access_token: `after-${endpoint.calls.length}`, token_type: 'Bearer', expires_in: 0 }),
    )
    expect(await send()).toMatchObject({ kind: 'answered', status: 200 })
    expect(endpoint.calls.at(-1)?.headers['accept-encoding']).toBe('identity')
    expect(hooks.calls.length).toBe(1)
  },
)

test('a token endpoint that hangs costs the attempt its time and no more', async () => {
  endpoint.answerNext({ instead: 'hang' })
  const impatient = delivery(hooks.url, oauthCredential(`${endpoint.url}/hang`, client), {
    milliseconds: 150,
  })
  expect(await impatient.send()).toMatchObject({
    kind: 'failed',
    reason: expect.stringMatching(/^(token|timeout)$/),
  })
  const drip = await rawServer((socket) =>
    onRequest(socket, () => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{')
      const timer = setInterval(() => socket.write(' '), 20)
      socket.on('close', () => clearInterval(timer))
    }),
  )
  const url = `http://127.0.0.1:${drip.port}/`
  expect(await delivery(hooks.url, oauthCredential(url, client), { milliseconds: 150 }).send()).toMatchObject(
    {
      kind: 'failed',
      reason: expect.stringMatching(/^(token|timeout)$/),
    },
  )
})

test('a token endpoint is held to the same targets as a listener', async () => {
  const strict = testClient({ rules: { allow: [], allowHttp: [`127.0.0.1:${hooks.port}`] } })
  const sent = await delivery(hooks.url, oauthCredential(endpoint.url, client), { client: strict }).send()
  expect(sent).toMatchObject({
    kind: 'failed',
    reason: 'token',
    message: expect.stringContaining('must be https'),
  })
  expect(endpoint.calls).toEqual([])
})

test('a token without a lifetime is taken to live five minutes; one given as text counts', async () => {
  let now = Date.now()
  const start = now
  endpoint.answer(token({ access_token: 'x', token_type: 'bearer' }))
  const url = `${endpoint.url}/forever`
  const { send } = delivery(hooks.url, oauthCredential(url, client), { clock: () => now })
  await send()
  now = start + 269_000
  await send()
  expect(endpoint.calls.length).toBe(1)
  endpoint.answer(token({ access_token: 'x', token_type: 'bearer', expires_in: '100' }))
  now = start + 271_000
  await send()
  now += 49_000
  await send()
  expect(endpoint.calls.length).toBe(2)
})
