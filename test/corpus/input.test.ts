import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { resolve, type Schemas } from '../administration/fromSchema.ts'
import { testDatabase } from '../support/index.ts'
import { loadExamples } from '../../src/services/load/examples.ts'
import { makeFeed } from '../support/engine.ts'
import { ADMIN_KEY, attacked, checksum, type Reply } from './attacked.ts'
import { BODIES, SQL, TARGETS, TEXTS, VALUES } from './hostile.ts'
import { bodyWith, fieldsOf, operationsOf, placeWith } from './operations.ts'

const database = await testDatabase()
await loadExamples(database.db)
const feed = await makeFeed(database.db, 'corpus/feed')
await feed.put(['1', '2'])
const { send, sendJson, sendRaw, stayWell } = await attacked(database)
await sendJson('POST', '/sincewire/clients', '{"name":"corpus-client","role":"reader"}')
const document = (await send({ method: 'GET', place: '/openapi.json' })).body as never
const operations = operationsOf(document)
const { schemas } = (document as { components: { schemas: Schemas } }).components
const reads = operations.filter(({ method }) => method === 'GET')
const writes = operations.filter(({ method }) => method !== 'GET')

/** Not ours to have failed, in the documented shape, and with nothing of the caller's in the headers. */
function expectSane(what: unknown, { status, headers, text, body }: Reply): void {
  const shape = status < 400 || (body?.status === 'ERROR' && typeof body.message === 'string')
  expect([what, status, status < 500 && shape ? 'sane' : text.slice(0, 300)]).toEqual([what, status, 'sane'])
  expect([what, headers['x-evil']]).toEqual([what, undefined])
  expect([what, headers['x-correlation-id']]).toEqual([what, expect.stringMatching(/^[\x21-\x7e]{1,128}$/)])
}

/** Gives all, then again those that were refused if others were not, and holds that the refused ones changed nothing. */
async function refuseQuietly(all: readonly string[], give: (each: string) => Promise<Reply>): Promise<void> {
  for (let left = all; left.length > 0;) {
    const before = await checksum(database)
    const refused: string[] = []
    for (let at = 0; at < left.length; at += 8) {
      const some = left.slice(at, at + 8)
      const replies = await Promise.all(some.map(give))
      refused.push(...some.filter((_, place) => replies[place]!.status >= 400))
    }
    if (refused.length === left.length) return expect(await checksum(database)).toEqual(before)
    left = refused
  }
}

const fieldsNamed = ({ body }: Reply) => (body?.validationErrors ?? []).map(({ field }) => field)
const isNamed = (reply: Reply, name: string) =>
  fieldsNamed(reply).some((field) => field.split(/[.[]/).includes(name))

afterEach(stayWell)

describe('no text in any parameter of a read makes it fail, change anything or hide which parameter is wrong', () => {
  test.each(reads)('$method $path', async (operation) => {
    const before = await checksum(database)
    for (const { name, in: place } of operation.parameters) {
      for (const text of TEXTS) {
        const reply = await send({ method: 'GET', place: placeWith(operation, name, text) })
        expectSane([name, text], reply)
        if (place === 'query' && reply.status === 400) {
          expect([name, text, isNamed(reply, name), reply.text]).toEqual([name, text, true, reply.text])
        }
      }
    }
    for (const text of TEXTS) {
      const pair = `${encodeURIComponent(text.toWellFormed())}=1`
      expectSane(
        ['name', text],
        await send({ method: 'GET', place: `${placeWith(operation, '', '')}?${pair}` }),
      )
    }
    expect(await checksum(database)).toEqual(before)
  })
})

describe(
  'a write that is refused says which field is wrong and changes nothing',
  { timeout: 240_000 },
  () => {
    const withBody = writes.filter(({ body }) => body !== undefined)

    test.each(withBody)('$method $path: values of every kind in every field', async (operation) => {
      const { method, body } = operation
      const place = placeWith(operation, '', '')
      for (const [turn, at] of fieldsOf(body!, schemas).entries()) {
        // SQL in every field; of the other texts a third in each, another third in the next.
        const texts = [...SQL, ...TEXTS.filter((_, nth) => nth % 3 === turn % 3)]
        const values = [...VALUES, ...texts.map((text) => JSON.stringify(text))]
        await refuseQuietly(values, async (value) => {
          const what = [at.join('.'), value.slice(0, 60)]
          const reply = await sendJson(method, place, bodyWith(body!, schemas, at, value))
          expectSane(what, reply)
          const told = fieldsNamed(reply).length + (reply.body?.businessError ?? []).length
          if (reply.status === 400)
            expect([what, told > 0, reply.text.slice(0, 300)]).toEqual([what, true, reply.text.slice(0, 300)])
          return reply
        })
        // Of a kind that no field of ours has: then it is this one that is named.
        const reply = await sendJson(method, place, bodyWith(body!, schemas, at, '[[{"__proto__":{}}]]'))
        const name = at.findLast((part) => part !== '0') ?? ''
        expect([at, reply.status, isNamed(reply, name)]).toEqual([at, 400, true])
      }
    })

    test.each(withBody)('$method $path: bodies that are none', async (operation) => {
      const place = placeWith(operation, '', '')
      const before = await checksum(database)
      // Where no field is required, an empty object asks for what nobody needs to say.
      const nothing =
        (resolve(operation.body!, schemas).required ?? []).length === 0 ? ['{}', '\ufeff{}'] : []
      for (const body of BODIES.filter((each) => !nothing.includes(each))) {
        const reply = await sendJson(operation.method, place, body)
        expectSane(body.slice(0, 60), reply)
        expect([body.slice(0, 60), reply.status >= 400]).toEqual([body.slice(0, 60), true])
        expect(reply.text.length, 'an answer far larger than what was sent').toBeLessThan(
          2_000_000 + body.length,
        )
      }
      expect(await checksum(database)).toEqual(before)
    })

    test.each(withBody)(
      '$method $path: whatever is generated, whole or cut or with bytes changed',
      async (operation) => {
        const { method, body } = operation
        const path = placeWith(operation, '', '')
        const value = fc.oneof(
          fc.json(),
          fc.constantFrom(...VALUES),
          fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
        )
        const field = fc.constantFrom(...fieldsOf(body!, schemas))
        const damage = fc.option(
          fc.record({ at: fc.nat(), bytes: fc.uint8Array({ maxLength: 4 }), cut: fc.boolean() }),
        )
        await fc.assert(
          fc.asyncProperty(field, value, damage, async (at, json, damaged) => {
            const whole = Buffer.from(bodyWith(body!, schemas, at, json))
            const place = damaged === null ? 0 : damaged.at % whole.length
            const sent =
              damaged === null
                ? whole
                : Buffer.concat([
                    whole.subarray(0, place),
                    damaged.bytes,
                    damaged.cut ? Buffer.alloc(0) : whole.subarray(place),
                  ])
            expectSane([at, json, damaged], await sendJson(method, path, sent))
          }),
          { numRuns: 150, seed: 4 },
        )
      },
    )

    test.each(writes)('$method $path: texts in every parameter', async (operation) => {
      for (const { name } of operation.parameters) {
        await refuseQuietly(TEXTS, async (text) => {
          const reply = await send({ method: operation.method, place: placeWith(operation, name, text) })
          expectSane([name, text], reply)
          return reply
        })
      }
    })

    const json = '{"collectionSize":1,"items":[{"service":"é"}]}'
    const headers: [title: string, headers: Record<string, string>, body: Buffer][] = [
    ['another type', { 'content-type': 'application/xml' }, Buffer.from(json)],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, Buffer.from(json)],
    ['several parts', { 'content-type': 'multipart/form-data; boundary=a' }, Buffer.from(`--a\r\n\r\n${json}\r\n--a--`)],
    ['no type', {}, Buffer.from(json)],
    ['a type that is none', { 'content-type': '/;;;=' }, Buffer.from(json)],
    ['UTF-16', { 'content-type': 'application/json; charset=utf-16' }, Buffer.from(json, 'utf16le')],
    ['UTF-16 that claims to be nothing', { 'content-type': 'application/json' }, Buffer.from(json, 'utf16le')],
    ['Latin 1', { 'content-type': 'application/json; charset=iso-8859-1' }, Buffer.from(json, 'latin1')],
    ['Latin 1 that claims to be UTF-8', { 'content-type': 'application/json; charset=utf-8' }, Buffer.from(json, 'latin1')],
    ['overlong UTF-8', { 'content-type': 'application/json' }, Buffer.from('7b22c0ae223a317d', 'hex')],
    ['half a character', { 'content-type': 'application/json' }, Buffer.from('{"a":"\xed\xa0\x80"}', 'latin1')],
    ['gzip that is none', { 'content-type': 'application/json', 'content-encoding': 'gzip' }, Buffer.from(json)],
    ['an unknown encoding', { 'content-type': 'application/json', 'content-encoding': 'x, y' }, Buffer.from(json)],
  ] // prettier-ignore
    test.each(headers)('every write refuses %s', async (title, more, body) => {
      const before = await checksum(database)
      for (const operation of withBody) {
        const { method, path } = operation
        const reply = await send({ method, place: placeWith(operation, '', ''), headers: more, body })
        expectSane([path, title], reply)
        expect([path, reply.status >= 400]).toEqual([path, true])
      }
      expect(await checksum(database)).toEqual(before)
    })
  },
)

describe('HTTP itself', () => {
  test('takes any path and query for what it is: not found, or wrong', async () => {
    const before = await checksum(database)
    for (const target of TARGETS) {
      for (const prefix of ['', '/MerchIntegrations/services', '/MerchIntegrations/services/corpus/feed']) {
        const answer = await sendRaw([
          Buffer.from(
            `GET ${prefix}${target} HTTP/1.1\r\nhost: x\r\nx-api-key: ${ADMIN_KEY}\r\nconnection: close\r\n\r\n`,
          ),
        ])
        expect([prefix + target, answer.slice(0, 12)]).toEqual([
          prefix + target,
          expect.stringMatching(/^HTTP\/1\.1 (2|4)\d\d$/),
        ])
        expect(answer.toLowerCase()).not.toContain('\nx-evil')
        expect(answer).not.toContain('root:')
      }
    }
    expect(await checksum(database)).toEqual(before)
  })

  test('refuses or ignores what is malformed, and lives', async () => {
    const before = await checksum(database)
    const path = '/MerchIntegrations/services/administration/operations/webhook/credential/manage'
    const head = `PUT ${path} HTTP/1.1\r\nhost: x\r\nx-api-key: ${ADMIN_KEY}\r\ncontent-type: application/json\r\n`
    const body = '{"credentialName":"SMUGGLED","credentialType":"APIKEY","apikey":"a"}'
    const attempts: (readonly (string | Buffer)[])[] = [
      [''], ['\r\n\r\n'], ['\0'.repeat(1000)], ['GET'], ['GET / HTTP/1.1\r\n'], ['GET / HTTP/9.9\r\n\r\n'], ['GET / \r\n\r\n'], ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
      ['GET / HTTP/1.1\r\n\r\n'], ['GET / HTTP/1.1\r\nhost\r\n\r\n'], ['GET / HTTP/1.1\r\n: a\r\n\r\n'], ['GET / HTTP/1.1\r\nhost: x\r\n folded: a\r\n\r\n'], ['BREW / HTTP/1.1\r\nhost: x\r\n\r\n'],
      ['GET / HTTP/1.1\r\nhost: x\r\na: \0\r\n\r\n'], ['GET / HTTP/1.1\r\nhost: x\r\na\0: b\r\n\r\n'], ['GET / HTTP/1.1\nhost: x\n\n'], ['GET / HTTP/1.1\rhost: x\r\r'], [`GET / HTTP/1.1\r\nhost: ${'x'.repeat(100_000)}\r\n\r\n`],
      [`GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(20_000)}\r\n`], ['GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n'], ['GET / HTTP/1.1\r\nhost: \x01\r\n\r\n'], ['GET / HTTP/1.1\r\nhost: a b/c@d#e\r\nconnection: close\r\n\r\n'], ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
      ['CONNECT 127.0.0.1:22 HTTP/1.1\r\nhost: 127.0.0.1:22\r\n\r\n'], ['GET / HTTP/1.1\r\nhost: x\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n'], ['GET / HTTP/1.1\r\nhost: x\r\nexpect: 200-ok\r\nconnection: close\r\n\r\n'],
      [`${head}content-length: -1\r\n\r\n${body}`], [`${head}content-length: 1e3\r\n\r\n${body}`], [`${head}content-length: ${body.length}\r\ncontent-length: 5\r\n\r\n${body}`],
      [`${head}content-length: 99999999999999999999\r\n\r\n${body}`], [`${head}content-length: ${body.length + 10}\r\n\r\n${body}`], [`${head}content-length: 10\r\n\r\n${body}`], [`${head}content-length: ${body.length}, ${body.length}\r\n\r\n${body}`],
      [`${head}content-length: ${body.length}\r\ntransfer-encoding: chunked\r\n\r\n${body}`], [`${head}transfer-encoding: chunked\r\n\r\nzz\r\n${body}`], [`${head}transfer-encoding: chunked\r\n\r\n-5\r\n${body}`],
      [`${head}transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n${body}`], [`${head}transfer-encoding: chunked\r\n\r\n5\r\n${body}`], [`${head}transfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}`],
      [`${head}transfer-encoding: chunked\r\n\r\n5;${'a'.repeat(100_000)}\r\n`], [`${head}transfer-encoding: chunked, identity\r\n\r\n${body}`], [`${head}transfer-encoding: xchunked\r\n\r\n${body}`], [`${head}transfer-encoding : chunked\r\n\r\n0\r\n\r\n`],
      [`${head}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`], [`${head}content-length: 4\r\n\r\n{}\r\nDELETE / HTTP/1.1\r\nhost: x\r\n\r\n`],
    ] // prettier-ignore
    for (const parts of attempts) {
      const answer = await sendRaw(parts, 'give up')
      const status = /^(?:HTTP\/1\.1 (\d+)|$)/.exec(answer)
      expect([parts.join('').slice(0, 200), answer.slice(0, 60), Number(status?.[1] ?? 400) < 500]).toEqual([
        ...[parts.join('').slice(0, 200), answer.slice(0, 60), true],
      ])
    }
    expect(await checksum(database)).toEqual(before)
  })

  test('carries no header of the caller into its answer or its log', async () => {
    const values = [
      'a\tb',
      'é',
      '"',
      '{"level":"fatal"}',
      '\\r\\nX-Evil: 1',
      'a'.repeat(8_000),
      '%0d%0aX-Evil:1',
      '${jndi:ldap://127.0.0.1/a}',
    ]
    for (const name of [
      'x-correlation-id',
      'user-agent',
      'referer',
      'x-forwarded-for',
      'forwarded',
      'accept',
      'origin',
      'cookie',
      'x-http-method-override',
    ]) {
      for (const value of values) {
        const latin = Buffer.from(value).toString('latin1')
        expectSane(
          [name, value],
          await send({
            method: 'GET',
            place: '/MerchIntegrations/services/corpus/nope',
            headers: { [name]: latin },
          }),
        )
      }
    }
  })
})
