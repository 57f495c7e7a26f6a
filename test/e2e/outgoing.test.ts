import { once } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { TLSSocket } from 'node:tls'
import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { signatureFault } from '../../src/domain/signature.ts'
import { verifyingKey } from '../../src/domain/signingKey.ts'
import { authority } from '../outbound/support/authority.ts'
import { connectProxy } from '../outbound/support/connectProxy.ts'
import { manageCredential, manageListener, webhooks } from '../support/api.ts'
import { makeFeed } from '../support/engine.ts'
import { cleanUp, eventually, fetchAsAdmin, testApp, testDatabase } from '../support/index.ts'

const database = await testDatabase()
const [servers, clients] = [await authority(), await authority()]
const sincewire = await clients.issue({ host: 'sincewire' })

interface Seen {
  readonly peer: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** An HTTPS receiver that lets in who shows a certificate of `clients`. */
async function receiver() {
  const { cert, key } = await servers.issue({ host: 'hooks.test' })
  const calls: Seen[] = []
  const tls = { cert, key, ca: clients.ca, requestCert: true, rejectUnauthorized: true }
  const server = createServer(tls, (request, response) => {
    void (async () => {
      const body = await buffer(request)
      const peer = String((request.socket as TLSSocket).getPeerCertificate().subject.CN)
      calls.push({ peer, headers: request.headers, body })
      response.end()
    })()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUp(async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  })
  return { port: (server.address() as AddressInfo).port, calls }
}

function verifies(call: Seen, key: string): boolean {
  if (key.startsWith('whpk_')) {
    return signatureFault([verifyingKey(key)!], call.headers, call.body, Date.now() / 1000) === undefined
  }
  try {
    new Webhook(key).verify(call.body, call.headers as Record<string, string>)
    return true
  } catch {
    return false
  }
}

test('through a proxy, with a certificate, own headers and both signatures, over changes of every key', async () => {
  const hooks = await receiver()
  const proxy = await connectProxy({ credentials: 'u:p', places: { 'hooks.test:443': hooks.port } })
  const app = await testApp(database.url, {
    'outgoing.proxy': proxy.url,
    'engine.sweepIntervalMilliseconds': 50,
  })
  const feed = await makeFeed(database.db, 'test/outgoing', true)
  await manageCredential(app.url, {
    ...{ credentialName: 'PARTNER', credentialType: 'MTLS', caCertificate: servers.ca },
    ...{ clientCertificate: sincewire.cert, clientPrivateKey: sincewire.key },
  })
  const listener = {
    service: feed.service,
    credentialName: 'PARTNER',
    includePayload: 'Y',
    intervalSeconds: 1,
  }
  const generate = { signingSecret: 'GENERATE', signingKey: 'GENERATE' }
  const keysOf = ({ body }: { body: Record<string, unknown> }) => {
    const [secret] = body['signingSecrets'] as { signingSecret: string }[]
    const [pair] = body['signingKeys'] as { publicKey: string }[]
    return [secret!.signingSecret, pair!.publicKey]
  }
  const calls = async (count: number) => {
    await eventually(() => hooks.calls.length >= count)
    return hooks.calls.splice(0)
  }

  const old = keysOf(
    await manageListener(app.url, {
      ...{ ...listener, ...generate, listenerUrl: 'https://hooks.test/in', headers: { 'x-tenant': 'north' } },
    }),
  )
  await feed.put(['a'])
  const before = await calls(2)
  const young = keysOf(await manageListener(app.url, { service: feed.service, ...generate }))
  await feed.put(['b'])
  const during = await calls(2)
  await manageListener(app.url, { service: feed.service, signingOverlapHours: 0 })
  await feed.put(['c'])
  const after = await calls(2)

  const kinds = (seen: readonly Seen[]) =>
    seen.map(({ body }) => (JSON.parse(body.toString()) as { type: string }).type)
  for (const seen of [before, during, after]) expect(kinds(seen)).toEqual(['HEARTBEAT', 'PAYLOAD'])
  const who = (seen: readonly Seen[]) =>
    seen.flatMap((call) => [...old, ...young].map((key) => verifies(call, key)))
  const [yes, no] = [true, false]
  expect(who(before)).toEqual([yes, yes, no, no, yes, yes, no, no])
  expect(who(during)).toEqual(Array(8).fill(yes))
  expect(who(after)).toEqual([no, no, yes, yes, no, no, yes, yes])
  for (const { peer, headers } of [...before, ...during, ...after]) {
    expect([peer, headers['x-tenant'], headers['accept-encoding']]).toEqual([
      'sincewire',
      'north',
      'identity',
    ])
  }
  expect(new Set(proxy.asked)).toEqual(new Set(['hooks.test:443']))

  const [shown] = await webhooks(app.url, feed.service)
  const expires = new Date(String(shown?.['clientCertificateExpires'])).getTime() / 1000
  const metrics = await (await fetchAsAdmin(`${app.url}/metrics`)).text()
  expect(metrics).toContain(`sincewire_certificate_expiry_timestamp_seconds{use="client"} ${expires}`)
})
