import { expect, test } from 'vitest'
import { manageCredential, put } from '../support/api.ts'
import { eventually, receiver, testApp, testDatabase } from '../support/index.ts'
import { makeFeed } from '../support/engine.ts'
import { post, testClient } from '../outbound/support/client.ts'
import { rawServer } from '../outbound/support/rawServer.ts'
import { HOSTS, NAMES, RESOLVED, trickyUrls } from './targets.ts'

const database = await testDatabase()
const feed = await makeFeed(database.db, 'test/corpus')
/** Nobody may ever connect to it. */
const trap = await rawServer((socket) => socket.destroy())
// Plain http is allowed to everybody here, so that only the place can be what a URL is refused for.
const app = await testApp(database.url, {
  'targets.allowHttp': ['*'],
  'engine.sweepIntervalMilliseconds': 50,
  'engine.retry.inPlaceRetries': 0,
})
await manageCredential(app.url, { credentialName: 'ANY', credentialType: 'APIKEY', apikey: 'any' })

const urls = [
  ...HOSTS.flatMap((host) => [`http://${host}:${trap.port}/hook`, `https://${host}/`]),
  ...trickyUrls(trap.port),
]

const refusalOf = (call: Promise<unknown>) =>
  call.then(
    () => 'called',
    (error: unknown) => (error as Error).message,
  )

test('the corpus has more than 200 spellings, each another', () => {
  expect(HOSTS.length).toBeGreaterThan(200)
  expect(new Set(urls).size).toBe(urls.length)
})

test('no listener is registered at such a place, and the answer tells why of each', async () => {
  const items = urls.map((listenerUrl, at) => ({
    ...{ service: feed.service, listenerName: `L${at}`, credentialName: 'ANY', listenerUrl },
  }))
  const { status, body } = await put(app.url, 'webhooks/manage', { collectionSize: items.length, items })
  expect(status).toBe(400)
  const { validationErrors = [], businessError = [] } = body as {
    validationErrors?: { field: string }[]
    businessError?: { errorMessage: string }[]
  }
  const told = [
    ...validationErrors.map(({ field }) => /^manage\.items\[(\d+)\]\.listenerUrl$/.exec(field)?.[1]),
    ...businessError.map(({ errorMessage }) => /^items\[(\d+)\] .*: listenerUrl /.exec(errorMessage)?.[1]),
  ]
  const refused = new Set(told.map(Number))
  expect(urls.filter((_, at) => !refused.has(at))).toEqual([])
  const registered = await database.run(
    "select listener_name from sincewire.listener where listener_name ~ '^L[0-9]+$'",
  )
  expect(registered).toEqual([])
})

test(
  'no token is fetched from such a place: the credential is refused by the field',
  { timeout: 180_000 },
  async () => {
    for (const oauthTokenUrl of urls) {
      const { status, body } = await put(app.url, 'webhook/credential/manage', {
        ...{ credentialName: 'TOKEN', credentialType: 'OAUTH', oauthClientId: 'a', oauthClientSecret: 'b' },
        oauthTokenUrl,
      })
      const { validationErrors = [] } = body as { validationErrors?: { field: string }[] }
      expect([oauthTokenUrl, status, validationErrors.map(({ field }) => field)]).toEqual([
        ...[oauthTokenUrl, 400],
        ['manage.oauthTokenUrl'],
      ])
    }
  },
)

test('no call goes there either, should such a URL be stored all the same', async () => {
  const client = testClient({ rules: { allow: [], allowHttp: ['*'] } })
  for (const url of urls) {
    expect([url, await post(client, url)]).toMatchObject([url, { kind: 'failed', reason: 'blocked_target' }])
    expect([url, await refusalOf(client.fetch(url, {}))]).toEqual([url, expect.stringMatching(/^The URL /)])
  }
  expect(trap.connections()).toBe(0)
})

test('whatever address an innocent name resolves to, alone or among others, no call reaches our network', async () => {
  for (const address of RESOLVED) {
    const found = { address, family: address.includes(':') ? 6 : 4 }
    const client = testClient({
      rules: { allow: [], allowHttp: ['*'] },
      resolve: (_, done) => done(null, [found, { address: '127.0.0.1', family: 4 }]),
    })
    const reply = await post(client, `http://hooks.receiver.example:${trap.port}/`)
    expect([address, reply]).toMatchObject([address, { kind: 'failed', reason: 'blocked_address' }])
    const refusal = await refusalOf(client.fetch(`http://hooks.receiver.example:${trap.port}/`, {}))
    expect([address, refusal]).toEqual([address, expect.stringContaining('private or reserved')])
    await client.close()
  }
  expect(trap.connections()).toBe(0)
})

test('a name that leads home is not called, whatever a list of names allows', async () => {
  const client = testClient({
    rules: { allow: ['*', 'localhost', '*.example'], allowHttp: ['*', 'localhost', '*.example'] },
    resolve: (_, done) =>
      done(null, [
        { address: '::1', family: 6 },
        { address: '127.0.0.1', family: 4 },
      ]),
  })
  for (const name of NAMES) {
    const reply = await post(client, `http://${name}:${trap.port}/`)
    expect([name, reply]).toMatchObject([
      name,
      { kind: 'failed', reason: expect.stringMatching(/^blocked_(address|target)$/) },
    ])
  }
  expect(trap.connections()).toBe(0)
})

test('a redirect is not followed, wherever it leads', async () => {
  const hooks = await receiver()
  const client = testClient()
  for (const status of [301, 302, 303, 307, 308]) {
    for (const location of [
      `http://127.0.0.1:${trap.port}/`,
      `//127.0.0.1:${trap.port}/`,
      `http://2130706433:${trap.port}/`,
    ]) {
      hooks.answer({ status, headers: { location, refresh: `0; url=${location}` } })
      expect(await post(client, hooks.url)).toMatchObject({ kind: 'answered', status })
      expect((await client.fetch(hooks.url, { method: 'POST' })).status).toBe(status)
    }
  }
  expect(trap.connections()).toBe(0)
})

test('a name that leads home is refused when it is registered too, with what is wrong', async () => {
  const home = `http://localhost:${trap.port}/`
  const item = { service: feed.service, credentialName: 'ANY', listenerUrl: home }
  const { status, body } = await put(app.url, 'webhooks/manage', { collectionSize: 1, items: [item] })
  expect([status, JSON.stringify(body)]).toEqual([
    400,
    expect.stringContaining('listenerUrl names a host that leads to a private or reserved address'),
  ])
  const token = await put(app.url, 'webhook/credential/manage', {
    ...{ credentialName: 'TOKEN', credentialType: 'OAUTH', oauthClientId: 'a', oauthClientSecret: 'b' },
    oauthTokenUrl: home,
  })
  expect(token).toMatchObject({
    status: 400,
    body: { validationErrors: [{ field: 'manage.oauthTokenUrl' }] },
  })
})

test('the running service does not call a registered name that leads home, and says so', async () => {
  await feed.put(['1'])
  const item = {
    service: feed.service,
    credentialName: 'ANY',
    listenerUrl: 'https://hooks.receiver.example/',
  }
  expect(await put(app.url, 'webhooks/manage', { collectionSize: 1, items: [item] })).toMatchObject({
    status: 200,
  })
  // The name led elsewhere when it was registered.
  await database.run(`update sincewire.listener set listener_url = 'http://localhost:${trap.port}/hook';
    delete from sincewire.attempt`)
  const error = await eventually(async () => {
    const [attempt] = await database.run(
      `select error from sincewire.attempt where url like 'http://localhost%'`,
    )
    return attempt?.['error'] as string | undefined
  })
  expect(error).toContain('blocked_address')
  expect(trap.connections()).toBe(0)
})
