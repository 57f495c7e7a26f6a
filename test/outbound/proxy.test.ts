import { describe, expect, test } from 'vitest'
import { receiver } from '../support/index.ts'
import { authority } from './support/authority.ts'
import { post, testClient } from './support/client.ts'
import { connectProxy } from './support/connectProxy.ts'
import { oauthCredential, delivery } from './support/delivery.ts'
import { answerOk, onRequest, rawServer, rawTlsServer } from './support/rawServer.ts'

const { ca, issue } = await authority()
const certificate = await issue({ host: 'hooks.test' })
const everywhere = { allow: [], allowHttp: ['*'] }
const credentials = 'proxy-user:pr:xy pässword'

test('a call goes through the proxy, which resolves the name and sees nothing of it', async () => {
  const hooks = await rawTlsServer(certificate, (socket) =>
    socket.on('data', (chunk) => {
      if (chunk.includes('content"}')) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
    }),
  )
  const place = `hooks.test:${hooks.port}`
  const proxy = await connectProxy({ credentials, places: { [place]: hooks.port } })
  const client = testClient({ rules: everywhere, extraCa: [ca], proxy: proxy.url, connectionsPerHost: 1 })
  for (let call = 0; call < 3; call++) {
    const body = Buffer.from('{"planted":"content"}')
    expect(await post(client, `https://${place}/`, { body })).toMatchObject({ status: 200 })
  }
  expect([proxy.asked, hooks.connections()]).toEqual([[place], 1])
  expect(proxy.seen()).not.toMatch(/content|POST/)
})

test('the certificate must be that of the target, whoever leads there', async () => {
  const impostor = await rawTlsServer(await issue({ host: 'other.test' }))
  const untrusted = await rawTlsServer(certificate)
  const proxy = await connectProxy({
    places: { 'hooks.test:443': impostor.port, 'hooks.test:444': untrusted.port },
  })
  const client = testClient({ rules: everywhere, extraCa: [ca], proxy: proxy.url })
  expect(await post(client, 'https://hooks.test/')).toMatchObject({ kind: 'failed', reason: 'tls' })
  const strict = testClient({ rules: everywhere, proxy: proxy.url })
  expect(await post(strict, 'https://hooks.test:444/')).toMatchObject({ kind: 'failed', reason: 'tls' })
})

test('plain http, where it is allowed, and token endpoints take the same way', async () => {
  const hooks = await receiver()
  const tokens = await receiver()
  tokens.answer({
    headers: { 'content-type': 'application/json' },
    body: '{"access_token":"t-1","token_type":"bearer"}',
  })
  const proxy = await connectProxy({ places: { 'hooks.test:80': hooks.port, 'tokens.test:80': tokens.port } })
  const client = testClient({ rules: everywhere, proxy: proxy.url })
  const credential = oauthCredential('http://tokens.test/token', { id: 'i', secret: 's' })
  expect(await delivery('http://hooks.test/in', credential, { client }).send()).toMatchObject({ status: 200 })
  expect(proxy.asked).toEqual(['tokens.test:80', 'hooks.test:80'])
  expect(hooks.calls[0]?.headers).toMatchObject({ authorization: 'Bearer t-1', host: 'hooks.test' })
  expect(hooks.calls[0]?.headers).not.toHaveProperty('proxy-authorization')
})

test('a proxy that speaks TLS itself is verified too', async () => {
  const hooks = await rawTlsServer(certificate)
  const tls = await issue({ host: '127.0.0.1' })
  const proxy = await connectProxy({ tls, places: { 'hooks.test:443': hooks.port } })
  const strict = testClient({ rules: everywhere, proxy: proxy.url })
  expect(await post(strict, 'https://hooks.test/')).toMatchObject({ kind: 'failed', reason: 'proxy' })
  expect(proxy.asked).toEqual([])
  const client = testClient({ rules: everywhere, extraCa: [ca], proxy: proxy.url })
  expect(await post(client, 'https://hooks.test/')).toMatchObject({ kind: 'answered', status: 200 })
})

describe('what is still checked before the proxy is asked:', () => {
  test.each([
    'https://127.0.0.1/', 'https://169.254.169.254/', 'https://[::1]/', 'https://[::ffff:10.0.0.1]/',
    'https://localhost/', 'https://api.LOCALHOST./',
  ])('%s is not called', async (url) => {
    const proxy = await connectProxy()
    const client = testClient({ rules: everywhere, proxy: proxy.url })
    expect(await post(client, url)).toMatchObject({ kind: 'failed', reason: expect.stringMatching(/^blocked_/) })
    expect(proxy.asked).toEqual([])
  }) // prettier-ignore

  test('hosts and ports that the settings do not list', async () => {
    const proxy = await connectProxy({ places: { 'hooks.test:443': (await rawServer(answerOk)).port } })
    const rules = { allow: ['hooks.test'], allowHttp: [], ports: [8443] }
    const client = testClient({ rules, proxy: proxy.url })
    for (const url of ['https://other.test:8443/', 'https://hooks.test/', 'http://hooks.test:8443/']) {
      expect(await post(client, url)).toMatchObject({ kind: 'failed', reason: 'blocked_target' })
    }
    expect(proxy.asked).toEqual([])
  })
})

describe('trouble with the proxy is told as such, without its password:', () => {
  const fails = async (url: string, milliseconds = 10_000) => {
    const client = testClient({ rules: everywhere, proxy: url, connectTimeoutMilliseconds: 200 })
    const reply = await post(client, 'https://hooks.test/', { milliseconds })
    expect(JSON.stringify(reply)).not.toMatch(/pr:xy|pr%3Axy|proxy-user/)
    return reply
  }

  test('it wants other credentials', async () => {
    const { url } = await connectProxy({ credentials })
    expect(await fails(url.replace('proxy-user', 'somebody'))).toEqual({
      kind: 'failed',
      reason: 'proxy',
      message: 'The proxy would not connect to hooks.test:443 (status 407).',
    })
  })

  test('it refuses the place', async () => {
    const { url } = await connectProxy({ credentials })
    expect(await fails(url)).toMatchObject({ reason: 'proxy', message: expect.stringContaining('403') })
  })

  test('it takes the connection and never answers', async () => {
    const { url } = await connectProxy({ credentials, deaf: true })
    expect(await fails(url)).toMatchObject({ reason: 'proxy', message: 'The proxy did not answer in time.' })
    expect(await fails(url, 50)).toMatchObject({ reason: 'timeout' })
  })

  test('it hangs up, or speaks something else', async () => {
    const hasty = await rawServer((socket) => onRequest(socket, () => socket.destroy()))
    const smtp = await rawServer((socket) => socket.write('220 mail.example.com ESMTP\r\n'))
    for (const { port } of [hasty, smtp]) {
      expect(await fails(`http://proxy-user:pr%3Axy@127.0.0.1:${port}`)).toMatchObject({ reason: 'proxy' })
    }
  })
})
