import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { expect, test } from 'vitest'
import { authority } from '../outbound/support/authority.ts'
import { connectProxy } from '../outbound/support/connectProxy.ts'
import { makeFeed } from '../support/engine.ts'
import { openPool } from '../../src/db/pool.ts'
import {
  type Answer,
  cleanUp,
  eventually,
  receiver,
  runCommand,
  scratch,
  startService,
  testDatabase,
  type Call,
} from '../support/index.ts'
import { dump, plant, plantWhsec, reversed, Search } from './planted.ts'

const OPERATIONS = '/MerchIntegrations/services/administration/operations'
const search = new Search()

test('the search finds a secret in any disguise, alone or inside of something longer', () => {
  const secret = plant('password')
  const basic = (user: string) => Buffer.from(`${user}:${secret}`).toString('base64')
  const disguises = [
    ...[secret, encodeURIComponent(secret), reversed(secret), JSON.stringify({ a: secret })],
    ...[
      Buffer.from(secret).toString('hex'),
      Buffer.from(secret).toString('base64url'),
      basic('a'),
      basic('ab'),
      basic('abc'),
    ],
    plantWhsec('signing'),
  ]
  for (const disguise of disguises) {
    const found = new Search()
    found.in('here', `before ${disguise} after`)
    expect([disguise, found.found.length > 0]).toEqual([disguise, true])
  }
})

/** A receiver that tells the world whatever it was told, in the clear too. */
function echo({ headers, body, url }: Call): Answer {
  const { authorization = '', 'x-api-key': key = '' } = headers
  const clear = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString('latin1')
  const form = new URLSearchParams(body.toString()).get('client_secret') ?? ''
  const told = `you sent ${url} ${JSON.stringify(headers)} ${clear} ${form} ${decodeURIComponent(clear)} ${encodeURIComponent(clear)}`
  if (url !== '/refuse')
    return { status: 500, headers: { 'x-echo': `${authorization}${String(key)}` }, body: told }
  return {
    status: 401,
    headers: { 'content-type': 'application/json', 'www-authenticate': `Basic realm="${authorization}"` },
    body: JSON.stringify({ error: 'invalid_client', error_description: told }),
  }
}

test('planted secrets are nowhere to be found but where they are kept', { timeout: 180_000 }, async () => {
  const hooks = await receiver()
  const tokens = await receiver()
  const proxy = await connectProxy({
    credentials: `proxy:${plant('proxy')}`,
    places: Object.fromEntries([hooks, tokens].map(({ port }) => [`127.0.0.1:${port}`, port])),
  })
  const dataDir = scratch()
  const adminKey = plant('admin')
  const env = {
    SINCEWIRE_DATA_DIR: dataDir,
    SINCEWIRE_ADMIN_KEY: adminKey,
    SINCEWIRE_CLIENT_KEY: plant('client key'),
    SINCEWIRE_LOG_LEVEL: 'trace',
    SINCEWIRE_TARGETS_ALLOW_HTTP: '127.0.0.1',
    SINCEWIRE_OUTGOING_PROXY: proxy.url,
    SINCEWIRE_OIDC_ISSUER: 'https://id.example',
    SINCEWIRE_OIDC_AUDIENCE: 'sincewire',
    SINCEWIRE_OIDC_JWKS_URL: `${tokens.url}/keys`,
    SINCEWIRE_ENGINE_SWEEP_INTERVAL_MILLISECONDS: '50',
    SINCEWIRE_ENGINE_RETRY_IN_PLACE_RETRIES: '0',
    SINCEWIRE_ENGINE_RETRY_HOLD_BASE_SECONDS: '1',
    SINCEWIRE_ENGINE_RETRY_HOLD_MAX_SECONDS: '1',
  }
  const service = startService({ env })
  const url = await service.ready
  const databaseUrl = (JSON.parse(readFileSync(join(dataDir, 'run.json'), 'utf8')) as { databaseUrl: string })
    .databaseUrl
  const pool = openPool({ url: databaseUrl, max: 2, applicationName: 'test' })
  cleanUp(() => pool.close())
  const run = async (text: string) => (await pool.pool.query<Record<string, unknown>>(text)).rows

  /** Calls the API and searches the answer, unless it is the one that gives a secret away. */
  const call = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
    givesAway = false,
  ) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { 'x-api-key': adminKey, 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!givesAway) search.in(`${method} ${path}`, `${JSON.stringify([...answer.headers])}\n${text}`)
    return { status: answer.status, text }
  }
  const credential = (fields: object) => call('PUT', `${OPERATIONS}/webhook/credential/manage`, fields)
  const manage = (item: object, givesAway = false) =>
    call('PUT', `${OPERATIONS}/webhooks/manage`, { collectionSize: 1, items: [item] }, {}, givesAway)

  // Every type of credential, every secret field, in the right places and in wrong ones.
  const { issue } = await authority()
  const client = await issue({ host: 'client.example' })
  search.add('the private key of a client certificate', client.key.trim().split('\n').at(-2)!)
  const oauth = { oauthClientId: 'id', oauthTokenUrl: `${tokens.url}/token` }
  const given = [
    { credentialName: 'BASIC', credentialType: 'BASICAUTH', username: 'me', password: plant('password') },
    { credentialName: 'KEY', credentialType: 'APIKEY', apikey: plant('apikey'), apikeyHeader: 'Authorization', apikeyPrefix: 'API_KEY' },
    { credentialName: 'PLAIN', credentialType: 'APIKEY', apikey: plant('plain') },
    { credentialName: 'OAUTH', credentialType: 'OAUTH', ...oauth, oauthClientSecret: plant('client secret') },
    { credentialName: 'LOCKED', credentialType: 'OAUTH', ...oauth, oauthTokenUrl: `${tokens.url}/refuse`, oauthClientSecret: plant('refused') },
    { credentialName: 'MTLS', credentialType: 'MTLS', clientCertificate: client.cert, clientPrivateKey: client.key },
  ] // prettier-ignore
  for (const fields of given) expect(await credential(fields)).toMatchObject({ status: 200 })
  const wrong = [
    { credentialName: 'X', credentialType: 'APIKEY', password: plant('wrong'), apikey: `${plant('wrong')}\n` },
    { credentialName: 'X', passwrod: plant('wrong'), password: [plant('wrong')], apikey: { a: plant('wrong') } },
    { credentialName: 'X', credentialType: 'OAUTH', ...oauth, oauthTokenUrl: `https://u:${plant('wrong')}@id.example/`, oauthClientSecret: plant('wrong') },
    { credentialName: 'X', credentialType: 'MTLS', clientCertificate: plant('wrong'), clientPrivateKey: plant('wrong'), clientPrivateKeyPassphrase: plant('wrong') },
  ] // prettier-ignore
  for (const fields of wrong) expect(await credential(fields)).toMatchObject({ status: 400 })
  await call('PUT', `${OPERATIONS}/webhook/credential/manage`, undefined, { 'x-password': plant('header') })

  const feed = await makeFeed(pool.db, 'test/secrets')
  await feed.put(['1'])
  tokens.answer((asked) =>
    asked.url === '/token'
      ? {
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ access_token: plant('token'), token_type: 'bearer', expires_in: 3600 }),
        }
      : echo(asked),
  )
  const listeners = given.map(({ credentialName }) => ({
    ...{
      service: feed.service,
      listenerName: credentialName,
      credentialName,
      listenerUrl: `${hooks.url}/${credentialName}`,
    },
    ...{
      includePayload: 'Y',
      intervalSeconds: 1,
      headers: { 'x-tenant': plant('header value') },
      signingSecret: plantWhsec('first'),
    },
  }))
  for (const item of listeners) expect(await manage(item)).toMatchObject({ status: 200 })
  const made = await manage(
    { service: feed.service, listenerName: 'BASIC', signingSecret: 'GENERATE', signingKey: 'GENERATE' },
    true,
  )
  search.add('a generated signing secret', /whsec_([\w+/=]+)/.exec(made.text)![1]!)
  await manage({
    service: feed.service,
    listenerName: 'KEY',
    signingSecret: `${plantWhsec('wrong')}!`,
    headers: { 'bad name': plant('wrong') },
  })

  // Who calls us, and who fails to.
  const added = await call('POST', '/sincewire/clients', { name: 'reader', role: 'reader' }, {}, true)
  const { key } = JSON.parse(added.text) as { key: string }
  search.add("a client's key", key)
  const jwt = [
    { alg: 'RS256', kid: 'x' },
    { iss: 'https://id.example', sub: plant('sub') },
    plant('signature'),
  ]
  const bearer = jwt
    .map((part) => Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url'))
    .join('.')
  for (const headers of [
    { 'x-api-key': key },
    { 'x-api-key': '', authorization: `API_KEY ${key}` },
    { 'x-api-key': '', authorization: `Basic ${Buffer.from(`reader:${key}`).toString('base64')}` },
    { 'x-api-key': plant('wrong key') },
    { 'x-api-key': '', authorization: `API_KEY ${plant('wrong key')}` },
    {
      'x-api-key': '',
      authorization: `Basic ${Buffer.from(`reader:${plant('wrong key')}`).toString('base64')}`,
    },
    { 'x-api-key': '', authorization: `Bearer ${bearer}` },
    { 'x-api-key': '', authorization: `Bearer ${plant('no token')}`, cookie: plant('cookie') },
  ])
    await call('GET', `${OPERATIONS}/webhooks`, undefined, headers)

  // Success, then failures that echo what was sent, from receivers and from the token endpoint.
  const reached = (kind: string) =>
    Promise.all(
      ['BASIC', 'KEY', 'PLAIN', 'OAUTH'].map((name) =>
        hooks.waitFor(
          (calls) => calls.some(({ url: at, json }) => at === `/${name}` && json()['type'] === kind),
          30_000,
        ),
      ),
    )
  await reached('PAYLOAD')
  hooks.answer(echo)
  await feed.put(['2'])
  const attempts = (where: string) =>
    eventually(async () => (await run(`select 1 from sincewire.attempt where ${where}`)).length > 3, 30_000)
  await attempts('status = 500')
  await eventually(
    async () => (await run(`select 1 from sincewire.attempt where listener_name = 'LOCKED'`)).length > 0,
    30_000,
  )

  // The commands, at work and failing.
  for (const args of [
    ['secrets', 'rotate', '--json'],
    ['secrets', 'status'],
    ['client', 'list'],
    ['changes', '--json'],
    ['jobs', 'list'],
  ]) {
    const { code, stdout, stderr } = await runCommand(args, { env })
    expect([
      args,
      code,
      stderr
        .split('\n')
        .filter((line) => !line.startsWith('{'))
        .join(''),
    ]).toEqual([args, 0, ''])
    search.in(`sincewire ${args.join(' ')}`, stdout + stderr)
  }
  const kept = readFileSync(join(dataDir, 'master.key'), 'utf8').trim()
  search.add('the master key', kept)
  search.add('the master key', Buffer.from(kept, 'base64').toString('latin1'))

  // The search itself.
  const document = JSON.parse((await call('GET', '/openapi.json')).text) as { paths: Record<string, object> }
  for (const path of Object.keys(document.paths)) await call('GET', path.replace(/\{\w+\}/g, 'test'))
  for (const query of ['/webhooks?includeMetrics=Y', '/changes?limit=1000'])
    await call('GET', `${OPERATIONS}${query}`)
  const dumped = await dump(run)
  expect(dumped).toContain('you sent') // what receivers said is kept, without what they were told
  for (const { credentialName } of given) expect(dumped).toContain(`/${credentialName}`)
  expect(dumped).toContain('***')
  search.in('the database', dumped)
  search.inArguments()
  await pool.close()
  const { stdout, stderr } = await service.stop()
  expect(stdout).toContain('not delivered')
  search.in('the log', stdout)
  search.in('stderr', stderr)
  const retired = /master\.key\.[0-9a-f]{8}/
  search.inFolder(dataDir, ['master.key'])
  search.found.splice(0, Infinity, ...search.found.filter((each) => !retired.test(each)))
  expect(search.searched).toBeGreaterThan(10_000_000)
  expect(search.found).toEqual([])
})

test('the password of a given database is told by nobody, whether it is right or wrong', async () => {
  const database = await testDatabase()
  const role = `planted_${database.name}`
  const password = plant('database')
  await database.run(`create role ${role} login superuser password ${pg.escapeLiteral(password)}`)
  cleanUp(async () => void (await database.run(`drop owned by ${role} cascade; drop role ${role}`)))
  const found = new Search()
  const env = (url: string) => ({
    ...{ DATABASE_URL: url, SINCEWIRE_DATA_DIR: scratch(), SINCEWIRE_LOG_LEVEL: 'trace' },
    SINCEWIRE_MASTER_KEY: Buffer.from(plant('master').padEnd(32, '.').slice(0, 32)).toString('hex'),
    SINCEWIRE_ADMIN_KEY: plant('admin'),
  })
  const good = database.urlFor(role, encodeURIComponent(password))
  const service = startService({ env: env(good) })
  const url = await service.ready
  await database.run(`select pg_terminate_backend(pid) from pg_stat_activity where usename = '${role}'`)
  for (const path of ['/readyz', '/healthz', '/metrics', '/openapi.json', `${OPERATIONS}/webhooks`]) {
    const answer = await fetch(`${url}${path}`, { headers: { 'x-api-key': plant('admin') } })
    found.in(path, await answer.text())
  }
  found.inArguments()
  found.in('the database', await dump((text) => database.run(text)))
  const ends = [
    await service.stop(),
    await runCommand(['migrate'], { env: env(good) }),
    await runCommand(['serve'], { env: env(database.urlFor('nobody_there', encodeURIComponent(password))) }),
    await runCommand(['serve'], { env: env(`${good}_not_there`) }),
    await runCommand(['serve'], { env: env(`postgresql://u:${password}@[::1/x`) }),
    await runCommand(['serve'], { env: { ...env(good), SINCEWIRE_MASTER_KEY: plant('no key') } }),
    await runCommand(['serve'], {
      env: { ...env(good), SINCEWIRE_OUTGOING_PROXY: `ftp://u:${plant('proxy')}@x` },
    }),
    await runCommand(['serve'], { env: { ...env(good), SINCEWIRE_PREVIOUS_MASTER_KEYS: plant('previous') } }),
  ]
  expect(ends.map(({ code }) => code)).toEqual([0, 0, 1, 1, 1, 1, 1, 1])
  for (const { stdout, stderr } of ends) found.in('output', stdout + stderr)
  expect(found.found).toEqual([])
})
