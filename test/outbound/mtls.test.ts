import type { TLSSocket } from 'node:tls'
import { describe, expect, test } from 'vitest'
import type { OpenCredential, TlsMaterial } from '../../src/domain/credential.ts'
import { authority, type Certificate } from './support/authority.ts'
import { testClient } from './support/client.ts'
import { delivery, oauthCredential } from './support/delivery.ts'
import { onRequest, rawServer, rawTlsServer } from './support/rawServer.ts'

const servers = await authority()
const clients = await authority()
const server = await servers.issue({ host: 'hooks.test' })
const [alice, bob] = [await clients.issue({ host: 'alice' }), await clients.issue({ host: 'bob' })]
const stranger = await (await authority()).issue({ host: 'alice' })

const tlsOf = ({ cert, key }: Certificate): TlsMaterial => ({
  client: { certificate: cert, key },
  ca: servers.ca,
})
const mtls = (tls: TlsMaterial): OpenCredential => ({ type: 'MTLS', credentialName: 'm', revision: 0, tls })

const clientOf = (connectionsPerHost = 8) =>
  testClient({
    rules: { allow: [], allowHttp: ['127.0.0.1'] },
    resolve: (_, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
    connectionsPerHost,
  })

interface Shown {
  readonly name: string
  readonly head: string
}

/** A server that wants a certificate of `clients`, and answers each request. */
async function demanding(body = '') {
  const calls: Shown[] = []
  const { port } = await rawTlsServer(
    { ...server, ca: clients.ca, requestCert: true, rejectUnauthorized: true },
    (socket) =>
      onRequest(socket, (head) => {
        calls.push({ name: String((socket as TLSSocket).getPeerCertificate().subject.CN), head })
        const type = 'content-type: application/json'
        socket.write(`HTTP/1.1 200 OK\r\n${type}\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
      }),
  )
  return { url: `https://hooks.test:${port}/`, calls, names: () => calls.map(({ name }) => name) }
}

test('an MTLS credential shows its certificate and no header, and its authority is trusted', async () => {
  const hooks = await demanding()
  const way = delivery(hooks.url, mtls(tlsOf(alice)), { client: clientOf() })
  expect(await way.send()).toMatchObject({ kind: 'answered', status: 200 })
  expect(hooks.names()).toEqual(['alice'])
  expect(hooks.calls[0]?.head.toLowerCase()).not.toMatch(/authorization|x-api-key/)
})

test('without a certificate, or with one of another authority, nothing is delivered', async () => {
  const hooks = await demanding()
  const client = clientOf()
  const apikey: OpenCredential = { type: 'APIKEY', credentialName: 'k', revision: 0, apikey: 'key' }
  const nothing = { client: null, ca: servers.ca }
  for (const credential of [{ ...apikey, tls: nothing }, mtls(tlsOf(stranger))]) {
    const sent = await delivery(hooks.url, credential, { client }).send()
    expect(sent).toMatchObject({ kind: 'failed', reason: expect.stringMatching(/^(tls|reset)$/) })
  }
  expect(hooks.calls).toEqual([])
})

test("a credential's authority counts for that credential alone", async () => {
  const hooks = await demanding()
  const client = clientOf()
  expect(await delivery(hooks.url, mtls(tlsOf(alice)), { client }).send()).toMatchObject({ status: 200 })
  const without = mtls({ ...tlsOf(alice), ca: null })
  const sent = await delivery(hooks.url, without, { client }).send()
  expect(sent).toMatchObject({ kind: 'failed', reason: 'tls', message: expect.stringContaining('CERT') })
  expect(hooks.names()).toEqual(['alice'])
})

test('a certificate is never left out: by plain http nothing is sent', async () => {
  const plain = await rawServer(() => {})
  const url = `http://127.0.0.1:${plain.port}/`
  const sent = await delivery(url, mtls(tlsOf(alice)), { client: clientOf() }).send()
  expect(sent).toMatchObject({
    kind: 'failed',
    reason: 'credential',
    message: expect.stringContaining('http'),
  })
  expect(plain.connections()).toBe(0)
})

test("no connection of one credential ever carries another's call", async () => {
  const hooks = await demanding()
  const client = clientOf(1)
  const [a, b] = [alice, bob].map((one) => delivery(hooks.url, mtls(tlsOf(one)), { client }))
  for (let round = 0; round < 3; round++) for (const way of [a, b]) await way?.send()
  expect(hooks.names()).toEqual(['alice', 'bob', 'alice', 'bob', 'alice', 'bob'])
})

describe('beside another type', () => {
  test('the key goes in its header and the certificate with the connection', async () => {
    const hooks = await demanding()
    const credential: OpenCredential = {
      ...{ type: 'APIKEY', credentialName: 'k', revision: 0, apikey: 'the-key' },
      ...{ apikeyHeader: 'authorization', apikeyPrefix: 'API_KEY', tls: tlsOf(bob) },
    }
    expect(await delivery(hooks.url, credential, { client: clientOf() }).send()).toMatchObject({
      status: 200,
    })
    expect(hooks.names()).toEqual(['bob'])
    expect(hooks.calls[0]?.head).toMatch(/^authorization: API_KEY the-key$/im)
  })

  test('the token endpoint is shown the certificate too, and each certificate gets a token of its own', async () => {
    const tokens = await demanding('{"access_token":"t-1","token_type":"bearer"}')
    const hooks = await demanding()
    const client = clientOf()
    for (const one of [alice, alice, bob]) {
      const oauth = oauthCredential(`${tokens.url}token`, { id: 'i', secret: 's' })
      const way = delivery(hooks.url, { ...oauth, tls: tlsOf(one) }, { client })
      expect(await way.send()).toMatchObject({ status: 200 })
    }
    expect([tokens.names(), hooks.names()]).toEqual([
      ['alice', 'alice', 'bob'],
      ['alice', 'alice', 'bob'],
    ])
  })
})
