import { beforeAll, describe, expect, test } from 'vitest'
import { dropEndedKeys } from '../../src/db/listenerSecrets.ts'
import { openTarget } from '../../src/services/listener/openTarget.ts'
import { testDatabase } from '../support/index.ts'
import { apikey, item, serveRegistration, succeed, type Item } from './harness.ts'

const database = await testDatabase()
const served = await serveRegistration(database)
const { manage, list } = served

beforeAll(() => succeed(served.credential(apikey('APP1'))))

const ok = (...items: readonly Item[]) => succeed(manage(...items))
const named = (listenerName: string, more: Item = {}) => ({ service: 'bench/a', listenerName, ...more })
const listed = async (listenerName: string) =>
  (await list()).body.items.find((one) => one['listenerName'] === listenerName)!
const revision = async (name: string) => (await openTarget(served, name))?.targetRevision

/** What a call answers against one item's field. */
async function faults(fields: Item) {
  const { status, text, body } = await manage(item('bench/a', { listenerName: 'wrong', ...fields }))
  return {
    status,
    text,
    errors: body.validationErrors?.map(({ field, error, inputValue }) => [field, error, inputValue]),
  }
}

describe("a listener's own headers", () => {
  test('are kept sealed, listed by name, and opened for its calls', async () => {
    await ok(item('bench/a', { listenerName: 'h', headers: { 'X-Tenant': 'planted-north', 'x-b': '2' } }))
    expect(await listed('h')).toMatchObject({ headerNames: ['x-b', 'x-tenant'] })
    expect(await openTarget(served, 'h')).toMatchObject({
      headers: { 'x-tenant': 'planted-north', 'x-b': '2' },
    })
    const rows = await database.run('select l::text from sincewire.listener l')
    expect(JSON.stringify([rows, (await list()).text, served.logged])).not.toMatch(/planted/)
  })

  test('move the target when they change, and not when they are the same', async () => {
    await ok(item('bench/a', { listenerName: 'm', headers: { 'x-a': '1', 'x-b': '2' } }))
    await ok(named('m', { headers: { 'X-B': '2', 'X-A': '1' } }))
    await ok(named('m', { headers: null }))
    await ok(named('m', { pageLimit: 7 }))
    expect(await revision('m')).toBe(0)
    await ok(named('m', { headers: { 'x-a': '1' } }))
    expect(await openTarget(served, 'm')).toMatchObject({ headers: { 'x-a': '1' }, targetRevision: 1 })
    await ok(named('m', { headers: {} }))
    expect(await openTarget(served, 'm')).toMatchObject({ headers: {}, targetRevision: 2 })
    expect(await listed('m')).toMatchObject({ headerNames: [] })
  })

  test.each([
    'Host', 'connection', 'Transfer-Encoding', 'te', 'trailer', 'upgrade', 'keep-alive', 'proxy-authorization',
    'content-length', 'Content-Type', 'content-encoding', 'expect', 'authorization', 'cookie', 'webhook-id',
    'webhook-signature', 'x-correlation-id', 'user-agent', 'accept-encoding', 'x-forwarded-for', 'forwarded',
    'metadata-flavor', 'x-aws-ec2-metadata-token', 'x-http-method-override',
  ])('may not be named %s', async (name) => {
    const { status, errors } = await faults({ headers: { [name]: 'planted' } })
    expect([status, errors]).toEqual([400, [[`manage.items[0].headers.${name}`, 'is a reserved header', null]]])
  }) // prettier-ignore

  const VALUE = 'must be printable ASCII without blanks at its ends'
  const NAME = 'must be a header name: letters, digits, - _ and .'
  test.each<[string, unknown, string, string]>([
    ['a line break in a value', { 'x-a': 'planted\r\nx-b: 1' }, '.x-a', VALUE],
    ['a line feed in a value', { 'x-a': 'planted\nx-b' }, '.x-a', VALUE],
    ['a NUL in a value', { 'x-a': 'planted\0' }, '.x-a', VALUE],
    ['letters beyond ASCII', { 'x-a': 'plantéd' }, '.x-a', VALUE],
    ['a blank value', { 'x-a': ' ' }, '.x-a', VALUE],
    ['a number', { 'x-a': 1 }, '.x-a', 'must be text'],
    ['a list', { 'x-a': ['planted'] }, '.x-a', 'must be text'],
    ['a line break in a name', { 'x-a\r\nx-b': '1' }, '.x-a\r\nx-b', NAME],
    ['a blank in a name', { 'x a': '1' }, '.x a', NAME],
    ['a colon in a name', { 'x-a:': '1' }, '.x-a:', NAME],
    ['an empty name', { '': '1' }, '.', NAME],
    ['the same name twice', { 'x-a': '1', 'X-A': '2' }, '.X-A', 'is given twice'],
    ['a long name', { ['x'.repeat(101)]: '1' }, `.${'x'.repeat(101)}`, 'must be a name of at most 100 characters'],
    ['too much', { 'x-a': 'y'.repeat(4096) }, '', 'must be at most 4096 characters together'],
    ['too many', Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`x-${i}`, '1'])), '', 'must hold at most 20 headers'],
    ['text', 'planted: x', '', 'must be an object of names and texts'],
    ['a list of them', ['planted'], '', 'must be an object of names and texts'],
  ])('may not hold %s', async (_, headers, path, error) => {
    const { status, text, errors } = await faults({ headers })
    expect([status, errors]).toEqual([400, [[`manage.items[0].headers${path}`, error, null]]])
    expect(text).not.toContain('planted')
  }) // prettier-ignore

  test("may not be JavaScript's own names", async () => {
    const headers = JSON.parse('{"__proto__":"planted","constructor":"1"}') as Item
    const { errors } = await faults({ headers })
    expect(errors).toEqual([['manage.items[0].headers.__proto__', NAME, null]])
    await ok(item('bench/a', { listenerName: 'js', headers: { constructor: '1', toString: '2' } }))
    expect((await openTarget(served, 'js'))?.headers).toEqual({ constructor: '1', tostring: '2' })
  })
})

describe('signing keys', () => {
  const DAY = 86_400_000
  const secret = (fill: number) => `whsec_${Buffer.alloc(32, fill).toString('base64')}`
  const keys = async (name: string) =>
    (await openTarget(served, name))?.signingKeys.map(({ secret: text, until }) => [
      text,
      until === null ? null : Math.round((Date.parse(until) - Date.now()) / 3_600_000),
    ])

  test('an ed25519 pair is made on request: its public key is answered and listed, its private key never', async () => {
    const body = await ok(
      item('bench/a', { listenerName: 'e', signingKey: 'GENERATE', signingSecret: 'GENERATE' }),
    )
    const publicKey = body.signingKeys?.[0]?.publicKey ?? ''
    expect(body.signingKeys).toEqual([
      { listenerName: 'e', publicKey: expect.stringMatching(/^whpk_.{43}=$/) },
    ])
    expect(await listed('e')).toMatchObject({
      signed: 'Y',
      signatures: [
        { version: 'v1', previousUntil: null },
        { version: 'v1a', publicKey, previousUntil: null },
      ],
    })
    const opened = (await openTarget(served, 'e'))!.signingKeys.map((key) => key.secret)
    expect(opened).toEqual([body.signingSecrets?.[0]?.signingSecret, expect.stringMatching(/^whsk_.{86}==$/)])
    const rows = await database.run('select l::text from sincewire.listener l')
    for (const text of opened) expect(JSON.stringify([rows, (await list()).text])).not.toContain(text)
  })

  test('one that is replaced goes on signing for a day; the call may say for how long, or not at all', async () => {
    const first = await ok(
      item('bench/a', { listenerName: 'r', signingKey: 'GENERATE', signingSecret: secret(1) }),
    )
    await ok(named('r', { signingSecret: secret(2), signingKey: 'GENERATE' }))
    const [young, old, youngPair, oldPair] = (await keys('r'))!
    expect([young, old]).toEqual([[secret(2), null], [secret(1), 24]]) // prettier-ignore
    expect([youngPair?.[1], oldPair?.[1]]).toEqual([null, 24])
    expect(await revision('r')).toBe(1)
    const [v1, v1a] = (await listed('r'))['signatures'] as { previousUntil: string; publicKey: string }[]
    for (const { previousUntil } of [v1!, v1a!]) {
      expect(Math.abs(Date.parse(previousUntil) - Date.now() - DAY)).toBeLessThan(60_000)
    }
    expect(v1a?.publicKey).not.toBe(first.signingKeys?.[0]?.publicKey)

    await ok(named('r', { signingSecret: secret(3), signingOverlapHours: 48 }))
    expect((await keys('r'))?.slice(0, 2)).toEqual([[secret(3), null], [secret(2), 48]]) // prettier-ignore
    await ok(named('r', { signingSecret: secret(4), signingOverlapHours: 0 }))
    expect((await keys('r'))?.[0]).toEqual([secret(4), null])
    expect((await keys('r'))?.flatMap(([text]) => text)).not.toContain(secret(3))
  })

  test('an overlap under way can be ended or moved by its hours alone', async () => {
    await ok(item('bench/a', { listenerName: 'o', signingSecret: secret(1) }))
    await ok(named('o', { signingSecret: secret(2) }))
    await ok(named('o', { signingOverlapHours: 100 }))
    expect(await keys('o')).toEqual([[secret(2), null], [secret(1), 100]]) // prettier-ignore
    await ok(named('o', { signingOverlapHours: 0 }))
    expect(await keys('o')).toEqual([[secret(2), null]])
    await ok(named('o', { signingOverlapHours: 5 }))
    expect([await keys('o'), await revision('o')]).toEqual([[[secret(2), null]], 3])
  })

  test('blank spaces end each kind at once, and what is replaced too', async () => {
    await ok(item('bench/a', { listenerName: 'b', signingKey: 'GENERATE', signingSecret: secret(1) }))
    await ok(named('b', { signingKey: 'GENERATE', signingSecret: secret(2) }))
    await ok(named('b', { signingSecret: '  ' }))
    expect((await keys('b'))?.map(([text]) => String(text).slice(0, 5))).toEqual(['whsk_', 'whsk_'])
    await ok(named('b', { signingKey: '  ' }))
    expect(await keys('b')).toEqual([])
    expect(await listed('b')).toMatchObject({ signed: 'N', signatures: [] })
  })

  test('one whose overlap has ended is forgotten by the hourly pruning, one that still signs is not', async () => {
    for (const name of ['p1', 'p2']) {
      await ok(item('bench/a', { listenerName: name, signingKey: 'GENERATE', signingSecret: secret(1) }))
      await ok(named(name, { signingKey: 'GENERATE', signingSecret: secret(2) }))
    }
    await database.run(
      `update sincewire.listener set previous_secret_until = now() where listener_name = 'p1'`,
    )
    expect(await dropEndedKeys(database.db)).toBe(1)
    expect((await keys('p1'))?.map(([, until]) => until)).toEqual([null, null, 24])
    expect((await keys('p2'))?.map(([, until]) => until)).toEqual([null, 24, null, 24])
  })

  test.each<[string, Item, string]>([
    ['a key of ones own', { signingKey: 'whsk_planted' }, 'must be GENERATE'],
    ['hours below the range', { signingOverlapHours: -1 }, 'must be from 0 to 720'],
    ['hours above it', { signingOverlapHours: 721 }, 'must be from 0 to 720'],
  ])('%s is refused', async (_, fields, error) => {
    const { status, text, errors } = await faults(fields)
    const field = `manage.items[0].${Object.keys(fields)[0]}`
    expect([status, errors?.map((each) => each.slice(0, 2))]).toEqual([400, [[field, error]]])
    expect(text).not.toContain('planted')
  })
})
