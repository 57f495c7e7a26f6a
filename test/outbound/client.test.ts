import { once } from 'node:events'
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { receiver } from '../support/index.ts'
import { post, testClient } from './support/client.ts'
import { answerOk, onRequest, rawServer } from './support/rawServer.ts'

const hooks = await receiver()
const client = testClient()

describe('an answer', () => {
  test('is a value whatever its status, with the first 2 KiB of its body', async () => {
    hooks.answerNext({ status: 503, headers: { 'retry-after': '7' }, body: 'x'.repeat(5000) })
    const reply = await post(client, `${hooks.url}/a?b=c`, { body: Buffer.from('{"a":1}') })
    expect(reply).toEqual({
      kind: 'answered',
      status: 503,
      retryAfterMilliseconds: 7000,
      answer: 'x'.repeat(2048),
    })
    expect(hooks.calls.at(-1)).toMatchObject({ method: 'POST', url: '/a?b=c', body: Buffer.from('{"a":1}') })
  })

  test('is not a redirect that we follow', async () => {
    const before = hooks.calls.length
    hooks.answerNext({ status: 307, headers: { location: `${hooks.url}/elsewhere` } })
    expect(await post(client, hooks.url)).toMatchObject({ kind: 'answered', status: 307 })
    expect(hooks.calls.length).toBe(before + 1)
  })

  test('is asked for without compression, so that none can swell', async () => {
    hooks.answerNext({ headers: { 'content-encoding': 'gzip' }, body: 'not gzip at all' })
    expect(await post(client, hooks.url)).toMatchObject({ status: 200, answer: 'not gzip at all' })
    expect(hooks.calls.at(-1)?.headers['accept-encoding']).toBe('identity')
  })

  test('is kept without the secrets it echoes, even one that the cut would split', async () => {
    const secret = 'Sécret-0123456789'
    hooks.answerNext({ body: `${secret} ${'x'.repeat(2020)}${secret}` })
    const reply = await post(client, hooks.url, { secrets: ['', secret] })
    expect(reply).toMatchObject({ answer: `*** ${'x'.repeat(2020)}***` })
  })

  test('is kept as text that the database takes: no NUL, no half character', async () => {
    hooks.answerNext({ body: `a\0b${'x'.repeat(2044)}é` })
    expect(await post(client, hooks.url)).toMatchObject({ answer: `a\uFFFDb${'x'.repeat(2044)}` })
  })

  test('that never ends counts as answered once enough is read, and the connection is dropped', async () => {
    const closed = Promise.withResolvers<void>()
    const endless = await rawServer((socket) => {
      socket.on('close', () => closed.resolve())
      onRequest(socket, () => {
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
        const more = () => {
          while (!socket.destroyed && socket.write(`10000\r\n${'x'.repeat(65536)}\r\n`)) continue
        }
        socket.on('drain', more)
        more()
      })
    })
    const reply = await post(client, `http://127.0.0.1:${endless.port}/`)
    expect(reply).toMatchObject({ kind: 'answered', status: 200, answer: 'x'.repeat(2048) })
    await closed.promise
  })
})

describe('one deadline covers', () => {
  const within = (url: string) => post(client, url, { milliseconds: 150 })
  const timeout = { kind: 'failed', reason: 'timeout' }

  test('a receiver that never sends a head', async () => {
    hooks.answerNext({ instead: 'hang' })
    expect(await within(hooks.url)).toMatchObject(timeout)
  })

  test('a body that drips, each drop in time', async () => {
    const drip = await rawServer((socket) =>
      onRequest(socket, () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n')
        const timer = setInterval(() => socket.write('.'), 20)
        socket.on('close', () => clearInterval(timer))
      }),
    )
    expect(await within(`http://127.0.0.1:${drip.port}/`)).toMatchObject(timeout)
  })

  test('a TLS handshake that never ends', async () => {
    const mute = await rawServer(() => {})
    const tls = testClient({ rules: { allow: [], allowHttp: ['127.0.0.1'] } })
    const reply = await post(tls, `https://127.0.0.1:${mute.port}/`, { milliseconds: 150 })
    expect(reply).toMatchObject(timeout)
  })

  test('a name server that never answers', async () => {
    const deaf = testClient({ rules: { allow: [], allowHttp: ['*'] }, resolve: () => {} })
    expect(await post(deaf, 'http://hooks.test/', { milliseconds: 150 })).toMatchObject(timeout)
  })

  test('waiting for a connection while all to the host are taken', async () => {
    const narrow = testClient({ connectionsPerHost: 1 })
    const slow = await receiver()
    slow.answer({ instead: 'hang' })
    const first = post(narrow, slow.url, { milliseconds: 2_000 })
    await slow.waitFor((calls) => calls.length === 1)
    expect(await post(narrow, slow.url, { milliseconds: 150 })).toMatchObject(timeout)
    expect(await first).toMatchObject(timeout)
    expect(slow.calls.length).toBe(1)
  })

  test('and the stop of the process ends a call at once', async () => {
    const stop = new AbortController()
    const hanging = await receiver()
    hanging.answer({ instead: 'hang' })
    const reply = post(client, hanging.url, { signal: stop.signal })
    await hanging.waitFor((calls) => calls.length === 1)
    stop.abort(new Error('any reason'))
    expect(await reply).toMatchObject({ kind: 'failed', reason: 'aborted' })
    expect(await post(client, hooks.url, { signal: stop.signal })).toMatchObject({ reason: 'aborted' })
  })
})

describe('trouble is a value with a stable reason:', () => {
  const hangUp = (when: (socket: Socket) => void) => rawServer(when)

  test('nobody listens', async () => {
    const server = createTcpServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    expect(await post(client, `http://127.0.0.1:${port}/`)).toEqual({
      kind: 'failed',
      reason: 'ECONNREFUSED',
      message: `127.0.0.1:${port} refused the connection.`,
    })
  })

  test('the name does not exist', async () => {
    const resolve = testClient({
      rules: { allow: [], allowHttp: ['*'] },
      resolve: (_, done) => done(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), []),
    })
    expect(await post(resolve, 'http://hooks.test/')).toMatchObject({ kind: 'failed', reason: 'ENOTFOUND' })
  })

  test('the connection is reset during the request', async () => {
    hooks.answerNext({ instead: 'reset' })
    expect(await post(client, hooks.url)).toMatchObject({ kind: 'failed', reason: 'reset' })
  })

  test('the connection is closed after the request, or within the answer', async () => {
    const closing = await hangUp((socket) => onRequest(socket, () => socket.end()))
    expect(await post(client, `http://127.0.0.1:${closing.port}/`)).toMatchObject({ reason: 'reset' })
    const halfway = await hangUp((socket) =>
      onRequest(socket, () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf')),
    )
    expect(await post(client, `http://127.0.0.1:${halfway.port}/`)).toMatchObject({ reason: 'reset' })
  })

  test('the head is huge', async () => {
    const huge = await rawServer((socket) =>
      onRequest(socket, () => socket.write(`HTTP/1.1 200 OK\r\nx-a: ${'a'.repeat(200_000)}\r\n\r\n`)),
    )
    expect(await post(client, `http://127.0.0.1:${huge.port}/`)).toMatchObject({ reason: 'protocol' })
  })

  test('what answers does not speak HTTP', async () => {
    const smtp = await rawServer((socket) => socket.write('220 mail.example.com ESMTP\r\n'))
    expect(await post(client, `http://127.0.0.1:${smtp.port}/`)).toMatchObject({ reason: 'protocol' })
  })

  test('a header value that would forge another is never sent', async () => {
    const before = hooks.calls.length
    for (const value of ['a\r\nx-forged: 1', 'a\nb', 'a\0b', 'a\u0130b']) {
      const reply = await post(client, hooks.url, { headers: { 'x-api-key': value } })
      expect(reply).toMatchObject({ kind: 'failed', reason: 'invalid_request' })
      expect(JSON.stringify(reply)).not.toContain('forged')
    }
    expect(hooks.calls.length).toBe(before)
  })
})

test('connections to a host are kept, and never more than allowed', async () => {
  const narrow = testClient({ connectionsPerHost: 2 })
  const counted = await rawServer(answerOk)
  const url = `http://127.0.0.1:${counted.port}/`
  const replies = await Promise.all(Array.from({ length: 20 }, () => post(narrow, url)))
  expect(replies.every((reply) => reply.kind === 'answered')).toBe(true)
  expect(counted.connections()).toBe(2)
})
