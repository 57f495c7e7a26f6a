import type { LookupAddress } from 'node:dns'
import { beforeEach, expect, test } from 'vitest'
import { receiver } from '../support/index.ts'
import { post, testClient } from './support/client.ts'
import { answerOk, onRequest, rawServer } from './support/rawServer.ts'

const hooks = await receiver()
const blocked = { kind: 'failed', reason: 'blocked_address' }
beforeEach(() => void (hooks.calls.length = 0))

const at = (address: string): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 })

test('a URL is checked again at each call, not only when it was registered', async () => {
  const strict = testClient({ rules: { allow: ['*.example.com'], allowHttp: [] } })
  for (const url of [
    hooks.url,
    'https://evil.test/',
    'https://127.0.0.1/',
    'ftp://a.example.com/',
    'nonsense',
  ]) {
    expect(await post(strict, url)).toMatchObject({ kind: 'failed', reason: 'blocked_target' })
  }
  await expect(strict.fetch(`${hooks.url}/token`, {})).rejects.toThrow('must be https')
  expect(hooks.calls).toEqual([])
})

test.each([
  '127.0.0.1', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '10.1.2.3', '172.20.0.1', '192.168.0.10', '169.254.169.254',
  '100.100.100.200', '0.0.0.0', 'fd00:ec2::254', 'fe80::1', '64:ff9b::7f00:1', '2002:7f00:1::', '224.0.0.1',
])('a name that resolves to %s is not called', async (address) => {
  const client = testClient({
    rules: { allow: [], allowHttp: ['*'] },
    resolve: (_, done) => done(null, [at(address)]),
  })
  expect(await post(client, `http://hooks.test:${hooks.port}/`)).toMatchObject(blocked)
  expect(hooks.calls).toEqual([])
}) // prettier-ignore

test('localhost is not called because a list names localhost', async () => {
  const client = testClient({ rules: { allow: ['localhost'], allowHttp: ['localhost'] } })
  expect(await post(client, `http://localhost:${hooks.port}/`)).toMatchObject(blocked)
})

test('the address that was checked is the one that is called, and every new connection is checked again', async () => {
  const closing = await rawServer((socket) =>
    onRequest(socket, () => socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')),
  )
  const answers = [at('127.0.0.1'), at('127.0.0.2')]
  let asked = 0
  const client = testClient({
    rules: { allow: [], allowHttp: ['rebind.test', '127.0.0.1'] },
    resolve: (_, done) => done(null, [answers[asked++] ?? at('127.0.0.1')]),
  })
  const url = `http://rebind.test:${closing.port}/`
  expect(await post(client, url)).toMatchObject({ status: 200 })
  expect(asked).toBe(1)
  expect(await post(client, url)).toMatchObject(blocked)
  expect(closing.connections()).toBe(1)
})

test('of several addresses only the allowed ones are tried', async () => {
  const counted = await rawServer(answerOk)
  const named = testClient({
    rules: { allow: [], allowHttp: ['hooks.test', '127.0.0.1'] },
    resolve: (_, done) => done(null, [at('127.0.0.2'), at('::1'), at('127.0.0.1')]),
  })
  expect(await post(named, `http://hooks.test:${counted.port}/`)).toMatchObject({ status: 200 })
  expect(counted.connections()).toBe(1)
})

test('a permission for one port opens no other', async () => {
  const other = await receiver()
  const client = testClient({
    rules: { allow: [], allowHttp: ['*', `127.0.0.1:${hooks.port}`] },
    resolve: (_, done) => done(null, [at('127.0.0.1')]),
  })
  expect(await post(client, `http://hooks.test:${hooks.port}/`)).toMatchObject({ status: 200 })
  expect(await post(client, `http://hooks.test:${other.port}/`)).toMatchObject(blocked)
  expect(other.calls).toEqual([])
})
