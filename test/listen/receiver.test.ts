import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { makeKeyPair } from '../../src/domain/signingKey.ts'
import type { OpenCredential } from '../../src/domain/credential.ts'
import { createReceiver, type ReceiverOptions } from '../../src/cli/listen/receiver.ts'
import { delivery } from '../outbound/support/delivery.ts'
import { cleanUp, receiver as testServer } from '../support/index.ts'

const secret = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`
const apikey: OpenCredential = { type: 'APIKEY', credentialName: 'k', revision: 0, apikey: 'key' }
const at = (second: number) => `2026-11-20T20:00:0${second}.000Z`
const record = (id: number, second: number, action = 'UPDATE') => ({ id, action, cacheTimestamp: at(second) })

interface Sending {
  readonly id: string
  readonly since?: number
  readonly before?: number
  readonly items?: object[]
  readonly hasMore?: boolean
  readonly href?: string
}

/** A receiver, and our own way out to it: the calls are those that the engine makes. */
async function started(options: ReceiverOptions = {}, signingSecret: string | null = null) {
  const receiver = await createReceiver({ keys: { '*': ['id'] }, ...options })
  cleanUp(() => receiver.close())
  const way = delivery(receiver.url, apikey, { signingSecret })
  const post = async (id: string, body: object) => {
    const sent = await way.send({ webhookId: id, body: Buffer.from(JSON.stringify(body)) })
    return sent.kind === 'answered' ? sent.status : sent.reason
  }
  const names = { service: 'foundation/item', listenerName: 'items' }
  const window = ({ since = 0, before = 5 }: Sending) => ({
    sinceTimestamp: at(since),
    beforeTimestamp: at(before),
  })
  return {
    receiver,
    post,
    heartbeat: (id: string) => post(id, { type: 'HEARTBEAT', ...names, timestamp: at(0) }),
    payload: (call: Sending) => {
      const { items = [], hasMore = false } = call
      const payload = { items, hasMore, limit: 2, count: items.length, links: [] }
      return post(call.id, { type: 'PAYLOAD', ...names, ...window(call), payload })
    },
    event: (call: Sending) =>
      post(call.id, {
        type: 'EVENT',
        ...names,
        ...window(call),
        links: [{ rel: 'publish', href: call.href }],
      }),
  }
}

test('calls are counted by kind, records land in the state, repeated calls are dropped by their webhook-id', async () => {
  const { receiver, heartbeat, payload } = await started()
  expect(await heartbeat('h')).toBe(200)
  expect(await payload({ id: 'p1', items: [record(1, 1), record(2, 1)], hasMore: true })).toBe(200)
  expect(await payload({ id: 'p1', items: [record(1, 1), record(2, 1)], hasMore: true })).toBe(200)
  expect(await payload({ id: 'p2', items: [record(2, 2, 'DELETE')] })).toBe(200)
  expect(await payload({ id: 'p3', since: 5, before: 6, items: [record(1, 6)] })).toBe(200)
  expect(receiver.report()).toMatchObject({
    calls: { HEARTBEAT: 1, EVENT: 0, PAYLOAD: 4 },
    duplicates: 1,
    applied: { upserts: 3, deletes: 1, repeated: 0, outOfOrder: 0 },
    windows: { first: 1, page: 1, next: 1 },
    gaps: [],
  })
  expect([...receiver.records('items')]).toEqual([['1', record(1, 6)]])
})

test('a missing window is a gap that names what is missing; an old one is a replay', async () => {
  const { receiver, payload } = await started()
  await payload({ id: '1', since: 0, before: 1, items: [record(1, 1)] })
  await payload({ id: '2', since: 3, before: 4, items: [record(1, 4)] })
  await payload({ id: '3', since: 0, before: 5, items: [record(1, 4)] })
  const gap = { listenerName: 'items', service: 'foundation/item', from: at(1), to: at(3) }
  expect(receiver.report()).toMatchObject({
    gaps: [gap],
    windows: { gap: 1, replay: 1 },
    applied: { repeated: 0, outOfOrder: 0 },
  })
})

test('only rightly signed calls are taken when a secret is given', async () => {
  const happenings: object[] = []
  const signed = await started({ signingKeys: [secret], onHappening: (one) => happenings.push(one) }, secret)
  expect(await signed.heartbeat('a')).toBe(200)
  const other = await started({ signingKeys: [secret] }, `whsec_${Buffer.alloc(32, 1).toString('base64')}`)
  expect(await other.heartbeat('a')).toBe(401)
  const unsigned = await started({ signingKeys: [secret] })
  expect(await unsigned.heartbeat('a')).toBe(401)
  const later = await started({ signingKeys: [secret], clock: () => Date.now() + 3_600_000 }, secret)
  expect(await later.heartbeat('a')).toBe(401)
  expect(happenings).toMatchObject([{ kind: 'call', type: 'HEARTBEAT', signed: true }])
  expect(unsigned.receiver.report()).toMatchObject({ refused: 1, calls: { HEARTBEAT: 0 } })
})

test('an ed25519 public key will do, and any of several keys while they change', async () => {
  const [old, young] = [makeKeyPair(randomBytes), makeKeyPair(randomBytes)]
  const keys = [secret, old.privateKey, young.privateKey].map((key) => ({ secret: key, until: null }))
  const stranger = makeKeyPair(randomBytes).publicKey
  for (const mine of [[secret], [old.publicKey], [young.publicKey], [stranger, young.publicKey]]) {
    const { receiver } = await started({ signingKeys: mine })
    const way = delivery(receiver.url, apikey, { signingKeys: keys })
    const body = Buffer.from(
      JSON.stringify({ type: 'HEARTBEAT', service: 's', listenerName: 's', timestamp: at(0) }),
    )
    expect(await way.send({ body })).toMatchObject({ status: 200 })
    const others = delivery(receiver.url, apikey, {
      signingKeys: [{ secret: makeKeyPair(randomBytes).privateKey, until: null }],
    })
    expect(await others.send({ body })).toMatchObject({ status: 401 })
  }
})

test('only calls with the right credential are taken when one is asked for', async () => {
  const right = await started({ credential: { type: 'apikey', key: 'key' } })
  expect(await right.heartbeat('a')).toBe(200)
  for (const credential of [
    { type: 'apikey', key: 'other' },
    { type: 'basic', username: 'me', password: 'secret' },
    { type: 'bearer', token: undefined },
  ] as const) {
    const wrong = await started({ credential })
    expect(await wrong.heartbeat('a')).toBe(401)
  }
})

test('it misbehaves on demand, and what it refused so is not taken for seen', async () => {
  let dice = 0.05
  const { receiver, payload } = await started({
    misbehaviour: { failRate: 0.1, status: 500 },
    dice: () => dice,
  })
  const call = { id: 'p', items: [record(1, 1)] }
  expect(await payload(call)).toBe(500)
  dice = 0.5
  expect(await payload(call)).toBe(200)
  expect(receiver.report()).toMatchObject({ failedOnPurpose: 1, duplicates: 0, applied: { upserts: 1 } })
  receiver.misbehave({ failRate: 1, status: 429 })
  expect(await payload({ ...call, id: 'q' })).toBe(429)
})

test('what is no call of ours is refused and harms nothing', async () => {
  const { receiver, post } = await started()
  expect(await post('x', { type: 'OTHER' })).toBe(400)
  expect(await post('y', { type: 'PAYLOAD', service: 's', listenerName: 'l' })).toBe(400)
  expect((await fetch(receiver.url)).status).toBe(405)
  expect((await fetch(receiver.url, { method: 'POST', body: '{' })).status).toBe(400)
  expect(receiver.report()).toMatchObject({ refused: 4, calls: { PAYLOAD: 0 } })
})

test('an EVENT is answered at once and its window pulled to the last page, through short trouble', async () => {
  const api = await testServer()
  const { receiver, event, payload } = await started({ publishUrl: api.url, publishKey: 'admin' })
  const page = (items: object[], next?: string) => ({
    body: JSON.stringify({
      items,
      hasMore: next !== undefined,
      links: next ? [{ rel: 'next', href: next }] : [],
    }),
  })
  const gate = api.hold()
  api.answerNext(
    { status: 503 },
    page([record(1, 1)], `${api.url}/2`),
    { instead: 'reset' },
    page([record(2, 1)]),
  )
  expect(await event({ id: 'e', since: 0, before: 2, href: `${api.url}/1` })).toBe(200)
  expect(receiver.report().pulls).toBe(0)
  gate.release()
  // Calls that come meanwhile wait for their turn, so that windows stay in order.
  expect(await payload({ id: 'p', since: 2, before: 3, items: [record(1, 3)] })).toBe(200)
  expect(receiver.report()).toMatchObject({
    pulls: 1,
    gaps: [],
    windows: { first: 1, next: 1 },
    applied: { upserts: 3 },
  })
  expect([...receiver.records('items').keys()]).toEqual(['1', '2'])
  expect(api.calls.map(({ url }) => url)).toEqual(['/1', '/1', '/2', '/2'])
  expect(api.calls[0]?.headers['x-api-key']).toBe('admin')
})

test('a link that leads elsewhere is not followed, so that the key goes nowhere else; the window is missing then', async () => {
  const elsewhere = await testServer()
  const { receiver, event, payload } = await started({
    publishUrl: 'http://127.0.0.1:1',
    publishKey: 'admin',
  })
  await event({ id: 'e', since: 0, before: 2, href: `${elsewhere.url}/1` })
  await receiver.settled()
  await payload({ id: 'p0', since: 2, before: 3 })
  await payload({ id: 'p', since: 4, before: 5 })
  expect(receiver.report()).toMatchObject({
    failedPulls: [expect.stringContaining('does not lead to http://127.0.0.1:1')],
    gaps: [{ from: at(3), to: at(4) }],
  })
  expect(elsewhere.calls).toEqual([])
})

test('two listeners have a state each, and a saved state goes on where it stopped', async () => {
  const first = await started()
  await first.payload({ id: '1', since: 0, before: 1, items: [record(1, 1)] })
  const other = { type: 'PAYLOAD', service: 'foundation/item', listenerName: 'other' }
  const window = { sinceTimestamp: at(0), beforeTimestamp: at(1) }
  await first.post('2', { ...other, ...window, payload: { items: [], hasMore: false } })
  expect(first.receiver.records('other').size).toBe(0)

  const saved = first.receiver.listeners().map((one) => one.save())
  const second = await started({ saved: JSON.parse(JSON.stringify(saved)) })
  await second.payload({ id: '3', since: 2, before: 3, items: [record(2, 3)] })
  expect([...second.receiver.records('items').keys()]).toEqual(['1', '2'])
  expect(second.receiver.report().gaps).toMatchObject([{ from: at(1), to: at(2) }])
})

test('a key that the call names itself wins over the one that was given', async () => {
  const { receiver, post } = await started()
  const payload = { items: [{ a: 1, b: 2, cacheTimestamp: at(1) }], hasMore: false }
  const names = { type: 'PAYLOAD', service: 's', listenerName: 'l', keyParts: ['a', 'b'] }
  await post('1', { ...names, sinceTimestamp: at(0), beforeTimestamp: at(1), payload })
  expect([...receiver.records('l').keys()]).toEqual(['1,2'])
})
