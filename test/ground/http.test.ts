import { connect } from 'node:net'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { invalidField, refused, SincewireError } from '../../src/domain/errors.ts'
import type { Api } from '../../src/http/room.ts'
import { serveApi } from '../support/index.ts'

const gate = Promise.withResolvers<void>()
const entered = Promise.withResolvers<void>()

function room(api: Api): void {
  api.post('/echo', async (c) => c.text(await c.req.text()))
  api.get('/slow', async (c) => {
    entered.resolve()
    await gate.promise
    return c.text('done')
  })
  api.get('/fails/:how', (c) => {
    switch (c.req.param('how')) {
      case 'invalid':
        throw invalidField('limit', 'must be a number', 'x')
      case 'refused':
        throw refused([{ service: 'foundation/item', errorMessage: 'Invalid API' }])
      case 'unavailable':
        throw new SincewireError('unavailable', 'In the batch window', { retryAfterSeconds: 30 })
      case 'database':
        throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
      default:
        throw new Error('select * from secrets')
    }
  })
}

describe('every call', async () => {
  const { url } = await serveApi({ rooms: [room] })

  test('carries a correlation id: the one given, or a new one when that is unfit', async () => {
    const ask = async (id?: string) =>
      (
        await fetch(`${url}/nope`, id === undefined ? {} : { headers: { 'x-correlation-id': id } })
      ).headers.get('x-correlation-id')
    expect(await ask('order-17')).toBe('order-17')
    expect(await ask('x'.repeat(129))).toMatch(/^[0-9a-f-]{36}$/)
    expect(await ask()).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('to an unknown path answers 404, with a wrong method 405 and the right ones', async () => {
    const missing = await fetch(`${url}/nope`)
    expect([missing.status, await missing.json()]).toEqual([
      404,
      { status: 'ERROR', message: 'Resource not Found' },
    ])
    const wrong = await fetch(`${url}/echo`, { method: 'DELETE' })
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST'])
  })

  test('with a body over 32 MiB answers 413, told or chunked; up to that it arrives whole', async () => {
    const send = async (bytes: number, chunked: boolean) => {
      const body = Buffer.alloc(bytes, 'a')
      const answer = await fetch(`${url}/echo`, {
        method: 'POST',
        body: chunked ? new Blob([body]).stream() : body,
        duplex: 'half',
      })
      return [answer.status, (await answer.text()).length === bytes]
    }
    const limit = 32 << 20
    expect(await send(limit, false)).toEqual([200, true])
    expect(await send(limit, true)).toEqual([200, true])
    expect(await send(limit + 1, false)).toEqual([413, false])
    expect(await send(limit + 1, true)).toEqual([413, false])
  })

  test('that fails answers in the documented shape, and an unknown failure tells only its correlation id', async () => {
    const ask = async (how: string) => {
      const answer = await fetch(`${url}/fails/${how}`, { headers: { 'x-correlation-id': 'c1' } })
      return [answer.status, await answer.json(), answer.headers.get('retry-after')]
    }
    expect(await ask('invalid')).toEqual([
      400,
      {
        status: 'ERROR',
        message: 'Error found in validation of input payload',
        validationErrors: [{ error: 'must be a number', field: 'limit', inputValue: 'x' }],
      },
      null,
    ])
    expect(await ask('refused')).toMatchObject([
      400,
      { businessError: [{ service: 'foundation/item', errorMessage: 'Invalid API' }] },
      null,
    ])
    expect(await ask('unavailable')).toEqual([503, { status: 'ERROR', message: 'In the batch window' }, '30'])
    expect(await ask('database')).toEqual([
      503,
      { status: 'ERROR', message: 'The database does not answer' },
      '5',
    ])
    expect(await ask('unknown')).toEqual([
      500,
      { status: 'ERROR', message: 'Internal error', correlationId: 'c1' },
      null,
    ])
  })

  test('that is not HTTP is answered, not dropped silently, and the server goes on', async () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.end('GARBAGE\r\n\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 400 /)
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
  })
})

test('nothing but the health checks is told to somebody unknown, not even what there is', async () => {
  const authenticate = () => Promise.reject(new SincewireError('unauthenticated', 'who is it?'))
  const { url } = await serveApi({ authenticate, rooms: [room] })
  const ask = async (path: string, method = 'GET') => (await fetch(`${url}${path}`, { method })).status
  expect([
    await ask('/echo', 'POST'),
    await ask('/echo', 'DELETE'),
    await ask('/nope'),
    await ask('/healthz/x'),
    await ask('/healthz', 'POST'),
  ]).toEqual([401, 401, 401, 401, 401])
  expect([await ask('/healthz'), await ask('/readyz'), await ask('/healthz', 'HEAD')]).toEqual([
    200, 200, 200,
  ])
})

test('an operation that no role was given for is refused to everybody', async () => {
  const { url } = await serveApi({ roleFor: () => undefined, rooms: [room] })
  expect((await fetch(`${url}/echo`, { method: 'POST', body: 'x' })).status).toBe(403)
})

test('a server that closes lets the running request finish and takes no other', async () => {
  const { url, close } = await serveApi({ rooms: [room] })
  const running = fetch(`${url}/slow`)
  await entered.promise
  const closed = close(30_000)
  await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed')
  gate.resolve()
  expect(await (await running).text()).toBe('done')
  await closed
})
