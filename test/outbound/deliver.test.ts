import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import type { OpenCredential } from '../../src/domain/credential.ts'
import { unusable } from '../../src/domain/errors.ts'
import { receiver } from '../support/index.ts'
import { delivery } from './support/delivery.ts'

const hooks = await receiver()
const apikey: OpenCredential = { type: 'APIKEY', credentialName: 'k', revision: 0, apikey: 'key-0123456789' }
const basic: OpenCredential = {
  type: 'BASICAUTH',
  credentialName: 'b',
  revision: 0,
  username: 'joë',
  password: 'pass:wörd',
}
const secret = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`

test('a call carries its body untouched and the headers it promises', async () => {
  const body = Buffer.from('{"a":"é", "b" : 1.50}')
  const { send } = delivery(`${hooks.url}/in?x=1`, apikey, { clock: () => 1_700_000_000_999 })
  const sent = await send({ body, webhookId: 'msg_7', correlationId: 'c-7' })
  expect(sent).toMatchObject({ kind: 'answered', status: 200, durationMilliseconds: expect.any(Number) })
  const call = hooks.calls.at(-1)
  expect(call?.body).toEqual(body)
  expect(call?.url).toBe('/in?x=1')
  expect(call?.headers).toMatchObject({
    'content-type': 'application/json',
    'content-length': String(body.length),
    'user-agent': 'Sincewire/1.2.3',
    'x-correlation-id': 'c-7',
    'x-api-key': 'key-0123456789',
    'webhook-id': 'msg_7',
    'webhook-timestamp': '1700000000',
  })
  expect(call?.headers).not.toHaveProperty('webhook-signature')
  expect(call?.headers).not.toHaveProperty('authorization')
})

test('a signature satisfies the Standard Webhooks library, and only for the bytes that were sent', async () => {
  const { send } = delivery(hooks.url, apikey, { signingSecret: secret })
  const body = Buffer.from(`{"text":"${'é'.repeat(300_000)}"}`)
  await send({ body, webhookId: 'msg_9' })
  const call = hooks.calls.at(-1)!
  const headers = call.headers as Record<string, string>
  const webhook = new Webhook(secret)
  expect(webhook.verify(call.body, headers)).toEqual(JSON.parse(body.toString()))
  expect(() => webhook.verify(Buffer.concat([call.body, Buffer.from(' ')]), headers)).toThrow(
    'No matching signature',
  )
  expect(() => webhook.verify(call.body, { ...headers, 'webhook-id': 'msg_8' })).toThrow(
    'No matching signature',
  )
})

test('a repeated attempt has the same webhook id and a time of its own', async () => {
  let now = 1_700_000_000_000
  const { send } = delivery(hooks.url, apikey, { signingSecret: secret, clock: () => now })
  await send()
  now += 60_000
  await send()
  const [first, second] = hooks.calls.slice(-2).map(({ headers }) => headers)
  expect(second?.['webhook-id']).toBe(first?.['webhook-id'])
  expect([first?.['webhook-timestamp'], second?.['webhook-timestamp']]).toEqual(['1700000000', '1700000060'])
})

test('basic authentication is sent in UTF-8', async () => {
  await delivery(hooks.url, basic).send()
  const header = hooks.calls.at(-1)?.headers.authorization ?? ''
  expect(Buffer.from(header.replace('Basic ', ''), 'base64').toString()).toBe('joë:pass:wörd')
})

test('what a receiver echoes of the credential is not kept', async () => {
  hooks.answer(({ headers }) => ({ status: 400, body: JSON.stringify(headers) }))
  for (const credential of [apikey, basic]) {
    const sent = await delivery(hooks.url, credential).send()
    expect(sent).toMatchObject({ kind: 'answered', answer: expect.stringContaining('***') })
    const encoded = Buffer.from('joë:pass:wörd').toString('base64')
    for (const text of ['key-0123456789', encoded]) expect(JSON.stringify(sent)).not.toContain(text)
  }
  hooks.answer({})
})

describe('secrets', () => {
  test('are opened once for a target revision', async () => {
    const way = delivery(hooks.url, apikey)
    for (let i = 0; i < 3; i++) expect(await way.send()).toMatchObject({ status: 200 })
    expect(way.opened()).toBe(1)
  })

  test('of another revision or registration are never sent to the old place', async () => {
    const now = {
      listenerUid: 'another',
      targetRevision: 3,
      credential: apikey,
      signingKeys: [],
      headers: {},
    }
    const other = delivery(hooks.url, apikey, { openTarget: () => Promise.resolve(now) })
    const before = hooks.calls.length
    expect(await other.send()).toMatchObject({ kind: 'failed', reason: 'superseded' })
    const gone = delivery(hooks.url, apikey, { openTarget: () => Promise.resolve(undefined) })
    expect(await gone.send()).toMatchObject({ kind: 'failed', reason: 'superseded' })
    expect(hooks.calls.length).toBe(before)
  })

  test('that cannot be opened fail the attempt; the cause goes to the log only', async () => {
    const sealed = delivery(hooks.url, apikey, {
      openTarget: () =>
        Promise.reject(unusable('The master key does not open credential k', new Error('inner'))),
    })
    expect(await sealed.send()).toMatchObject({
      kind: 'failed',
      reason: 'credential',
      message: 'The master key does not open credential k',
    })
    const broken = delivery(hooks.url, apikey, {
      openTarget: () => Promise.reject(new Error('host=db pw=x')),
    })
    expect(await broken.send()).toMatchObject({ message: 'The credential could not be read.' })
    expect(broken.errors).toEqual([new Error('host=db pw=x')])
  })
})

test('the deadline covers opening the secrets, and a stop ends it', async () => {
  const stuck = delivery(hooks.url, apikey, { milliseconds: 100, openTarget: () => new Promise(() => {}) })
  expect(await stuck.send()).toMatchObject({ kind: 'failed', reason: 'timeout' })
  expect(await stuck.send({}, AbortSignal.abort())).toMatchObject({ kind: 'failed', reason: 'aborted' })
})
