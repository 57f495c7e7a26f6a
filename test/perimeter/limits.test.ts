import { once } from 'node:events'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import type { Api } from '../../src/http/room.ts'
import { eventually, serveApi } from '../support/index.ts'
import { parseAnswer, rawClient, type RawClient } from './raw.ts'

function room(api: Api): void {
  api.get('/address', (c) => c.json({ address: c.get('address') }))
  api.post('/echo', async (c) => c.text(await c.req.text()))
}
const rooms = [room]
const quick = { 'limits.headersTimeoutMilliseconds': 300, 'limits.requestTimeoutMilliseconds': 600 }

async function addressSeen(url: string, headers: Record<string, string> = {}): Promise<unknown> {
  return ((await (await fetch(`${url}/address`, { headers })).json()) as { address: unknown }).address
}

describe('what cannot be served is answered in the documented shape', async () => {
  const { port, url } = await serveApi(
    { rooms },
    { ...quick, 'limits.headerKilobytes': 8, 'limits.headers': 20, 'limits.urlCharacters': 1000 },
  )
  const get = (path: string, ...headers: string[]) =>
    `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`
  const many = (count: number) => Array.from({ length: count }, (_, i) => `x-${i}: y`)
  const post = 'POST /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\n'
  const cases: [title: string, sent: string, status: number][] = [
    ['no HTTP', 'GARBAGE\r\n\r\n', 400],
    ['two lengths', `${post}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n`, 400],
    ['a broken chunk', `${post}transfer-encoding: chunked\r\n\r\nzz\r\n`, 400],
    ['a header without a name', get('/address', ': x'), 400],
    ['a line break of its own in a header', get('/address', 'x: a\nb'), 400],
    ['no host', 'GET /address HTTP/1.1\r\nconnection: close\r\n\r\n', 400],
    ['a host that is none', 'GET /address HTTP/1.1\r\nhost: a b/c\r\nconnection: close\r\n\r\n', 400],
    ['a host twice over', get('/address', 'x-forwarded-host: y').replace('host: x', 'host: x:99999'), 400],
    ['an impossible expectation', get('/address', 'expect: wonders'), 417],
    ['headers too large', get('/address', `x: ${'a'.repeat(9000)}`), 431],
    ['too many headers', get('/address', ...many(19)), 431],
    ['many more headers than may be', get('/address', ...many(300)), 431],
    ['a URL too long', get(`/address?${'a'.repeat(1000)}`), 414],
    ['headers that do not end', 'GET /address HTTP/1.1\r\nhost: x\r\n', 408],
    ['a body that does not end', `${post}content-length: 10\r\n\r\nabc`, 408],
    ['chunks that do not end', `${post}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n`, 408],
  ]
  test.each(cases)('%s', async (_, sent, status) => {
    const client = await rawClient(port)
    client.socket.write(sent)
    expect(parseAnswer(await client.over)).toEqual({
      status,
      body: { status: 'ERROR', message: expect.any(String) as string },
    })
  })

  test('and what is just within the limits is served', async () => {
    for (const sent of [get('/address', ...many(18)), get(`/address?${'a'.repeat(991)}`)]) {
      const client = await rawClient(port)
      client.socket.write(sent)
      expect(parseAnswer(await client.over)).toEqual({ status: 200, body: { address: '127.0.0.1' } })
    }
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
  })
})

test('slow clients are dropped, however they are slow, and others are served meanwhile', async () => {
  const { port, url } = await serveApi({ rooms }, { ...quick, 'limits.idleTimeoutMilliseconds': 300 })
  const starts = [
    '', // says nothing
    'GET /address HT',
    'GET /address HTTP/1.1\r\nhost: x\r\n', // drips headers, see below
    'POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n', // drips its body
    'GET /address HTTP/1.1\r\nhost: x\r\n\r\n', // idles after an answer
  ]
  const clients = await Promise.all(
    starts.flatMap((start) =>
      Array.from({ length: 20 }, async () => {
        const client = await rawClient(port, { from: '127.0.0.2' })
        if (start !== '') client.socket.write(start)
        return client
      }),
    ),
  )
  const drip = setInterval(() => {
    for (const { socket } of clients.slice(40, 80)) if (socket.writable) socket.write('a')
  }, 20)
  expect(await addressSeen(url)).toBe('127.0.0.1')
  await Promise.all(clients.map(({ over }) => over)).finally(() => clearInterval(drip))
  expect(await addressSeen(url)).toBe('127.0.0.1')
})

test('a client that does not take its answer is dropped', async () => {
  const big = 'x'.repeat(64 << 20)
  const serving = (api: Api) => void api.get('/big', (c) => c.text(big))
  const settings = { 'limits.connectionsPerAddress': 1, 'limits.stalledTimeoutMilliseconds': 200 }
  const { port } = await serveApi({ rooms: [serving] }, settings)
  const client = await rawClient(port)
  client.socket.write('GET /big HTTP/1.1\r\nhost: x\r\n\r\n')
  await once(client.socket, 'data')
  client.socket.pause()
  // Its place is free again, though it never closes its end.
  await eventually(async () => {
    const next = await rawClient(port)
    next.socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
    return (await next.over).startsWith('HTTP/1.1 200')
  })
})

describe('connections', () => {
  const open = (port: number, count: number, from: string): Promise<RawClient[]> =>
    Promise.all(Array.from({ length: count }, () => rawClient(port, { from })))
  const served = async (port: number, from: string) => {
    const client = await rawClient(port, { from })
    client.socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
    return (await client.over).startsWith('HTTP/1.1 200')
  }

  test('of one address beyond the limit are closed, others are served, and one that ends makes room', async () => {
    const { port } = await serveApi({ rooms }, { 'limits.connectionsPerAddress': 3 })
    const held = await open(port, 3, '127.0.0.2')
    expect(await (await rawClient(port, { from: '127.0.0.2' })).over).toBe('')
    expect([await served(port, '127.0.0.2'), await served(port, '127.0.0.3')]).toEqual([false, true])
    held[0]?.socket.end()
    expect(await eventually(() => served(port, '127.0.0.2'))).toBe(true)
  })

  test('in all beyond the limit cost the one that has asked for nothing for longest its place, and no other', async () => {
    const lines: string[] = []
    const log = pino(new Writable({ write: (chunk, _, done) => (lines.push(String(chunk)), done()) }))
    const gate = Promise.withResolvers<void>()
    const waitingRoom = (api: Api) => api.get('/wait', async (c) => (await gate.promise, c.text('done')))
    const { port } = await serveApi({ log, rooms: [waitingRoom] }, { 'limits.connections': 3 })
    const asking = await rawClient(port)
    asking.socket.write('GET /wait HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
    const [older, newer] = [await rawClient(port), await rawClient(port)]
    expect(await served(port, '127.0.0.3')).toBe(true)
    expect(await older.over).toBe('')
    newer.socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n')
    await once(newer.socket, 'data')
    // With all places taken by running requests the new one has to go.
    const more = await Promise.all([1, 2].map(() => rawClient(port)))
    for (const { socket } of more) socket.write('GET /wait HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
    await newer.over
    await eventually(async () => !(await served(port, '127.0.0.3')))
    gate.resolve()
    const answers = await Promise.all([asking, ...more].map(({ over }) => over))
    expect(answers.map((text) => text.slice(0, 12))).toEqual(Array(3).fill('HTTP/1.1 200'))
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { msg: 'connections beyond the limits are closed', limit: 'total', address: '127.0.0.1', closed: 1 },
    ])
  })

  test('of a trusted proxy count in all only', async () => {
    const settings = { 'limits.connectionsPerAddress': 1, 'proxies.trusted': ['127.0.0.2'] }
    const { port } = await serveApi({ rooms }, settings)
    await open(port, 5, '127.0.0.2')
    expect(await served(port, '127.0.0.2')).toBe(true)
  })
})

test('a client cannot choose its address; a trusted proxy tells it, in the one header that was named', async () => {
  const plain = await serveApi({ rooms })
  const spoofed = { 'x-forwarded-for': '192.0.2.1', forwarded: 'for=192.0.2.1', 'x-real-ip': '192.0.2.1' }
  expect(await addressSeen(plain.url, spoofed)).toBe('127.0.0.1')
  const proxied = await serveApi({ rooms }, { 'proxies.trusted': '127.0.0.0/8,10.0.0.0/8' })
  expect(await addressSeen(proxied.url, { 'x-forwarded-for': '192.0.2.9, 192.0.2.1, 10.0.0.3' })).toBe(
    '192.0.2.1',
  )
  expect(await addressSeen(proxied.url, { forwarded: 'for=192.0.2.1' })).toBe('127.0.0.1')
  const other = await serveApi({ rooms }, { 'proxies.trusted': ['127.0.0.1'], 'proxies.header': 'forwarded' })
  expect(
    await addressSeen(other.url, { 'x-forwarded-for': '192.0.2.9', forwarded: 'for="[2001:db8::1]:80"' }),
  ).toBe('2001:db8::1')
})

test('a client that goes away in the middle of its body is no failure of ours', async () => {
  const lines: string[] = []
  const log = pino(new Writable({ write: (chunk, _, done) => (lines.push(String(chunk)), done()) }))
  log.level = 'debug'
  const { port } = await serveApi({ log, rooms })
  for (const length of ['content-length: 10', 'transfer-encoding: chunked']) {
    const client = await rawClient(port)
    client.socket.write(`POST /echo HTTP/1.1\r\nhost: x\r\n${length}\r\n\r\n3\r\nabc`, () =>
      client.socket.resetAndDestroy(),
    )
  }
  await eventually(() => lines.length === 2)
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { msg: 'request' },
    { msg: 'request' },
  ])
})

test('a server that closes does not wait for connections without a request', async () => {
  const { port, close } = await serveApi({ rooms })
  const mute = await rawClient(port)
  const half = await rawClient(port)
  half.socket.write('GET /address HTTP/1.1\r\n')
  const idle = await rawClient(port)
  idle.socket.write('GET /address HTTP/1.1\r\nhost: x\r\n\r\n')
  await eventually(() => idle.received().includes('127.0.0.1'))
  await close(600_000)
  await Promise.all([mute.over, half.over, idle.over])
})
