import { expect, test } from 'vitest'
import type { OpenCredential } from '../../src/domain/credential.ts'
import { receiver } from '../support/index.ts'
import { delivery } from './support/delivery.ts'

const hooks = await receiver()
const key: OpenCredential = { type: 'APIKEY', credentialName: 'k', revision: 0, apikey: 'key-0123456789' }

test("a listener's own headers go out with each call, and what is ours wins", async () => {
  const headers = {
    'x-tenant': 'north',
    'x-api-key': 'not this',
    'content-type': 'text/plain',
    'webhook-id': 'forged',
  }
  await delivery(hooks.url, key, { headers }).send({ webhookId: 'msg_1' })
  expect(hooks.calls.at(-1)?.headers).toMatchObject({
    'x-tenant': 'north',
    'x-api-key': 'key-0123456789',
    'content-type': 'application/json',
    'webhook-id': 'msg_1',
    'accept-encoding': 'identity',
  })
})

test('a key goes into the header that its credential names, behind its prefix', async () => {
  const variants: [Partial<OpenCredential>, string, string][] = [
    [{ apikeyHeader: 'authorization', apikeyPrefix: 'API_KEY' } , 'authorization', 'API_KEY key-0123456789'],
    [{ apikeyHeader: 'x-auth-token' } , 'x-auth-token', 'key-0123456789'],
    [{ apikeyPrefix: 'Token' } , 'x-api-key', 'Token key-0123456789'],
  ] // prettier-ignore
  for (const [change, name, value] of variants) {
    await delivery(hooks.url, { ...key, ...change } as OpenCredential).send()
    const { headers } = hooks.calls.at(-1)!
    expect(headers[name]).toBe(value)
    expect(['authorization', 'x-api-key', 'x-auth-token'].filter((each) => each in headers)).toEqual([name])
  }
})

test("a value of the listener's own headers is blotted out of an answer that echoes it", async () => {
  hooks.answer(({ headers }) => ({ status: 400, body: JSON.stringify(headers) }))
  const headers = { 'x-secret': 'planted-value', 'x-region': 'eu' }
  const sent = await delivery(hooks.url, key, { headers }).send()
  hooks.answer({})
  expect(sent).toMatchObject({ answer: expect.stringContaining('"x-region":"eu"') })
  expect(JSON.stringify(sent)).not.toContain('planted-value')
})

test('a header that would forge another is never sent, not even one that came into the database otherwise', async () => {
  const before = hooks.calls.length
  for (const headers of [{ 'x-a': 'b\r\nx-forged: 1' }, { 'x-a\r\nx-forged': '1' }, { 'x a': '1' }]) {
    const sent = await delivery(hooks.url, key, { headers }).send()
    expect(sent).toMatchObject({ kind: 'failed', reason: 'invalid_request' })
  }
  expect(hooks.calls.length).toBe(before)
})

test('the query of the URL goes out as it is written', async () => {
  const written = [
    ['?token=a%2Fb%2fc+d&x=&&y&z=\'*()!;:@[]|{}^`', '?token=a%2Fb%2fc+d&x=&&y&z=\'*()!;:@[]|{}^`'],
    ['?sig=AbC==&b=1&a=2&b=1', '?sig=AbC==&b=1&a=2&b=1'],
    ['?%zz=%', '?%zz=%'],
    ['?', '?'],
    ['?q=é"<>', '?q=%C3%A9%22%3C%3E'], // HTTP has no place for these
  ] as const // prettier-ignore
  for (const [given, sent] of written) {
    await delivery(`${hooks.url}/in${given}`, key).send()
    expect(hooks.calls.at(-1)?.url).toBe(`/in${sent}`)
  }
})
