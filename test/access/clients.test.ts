import { describe, expect, test } from 'vitest'
import { ADMIN_KEY, testApp, testDatabase } from '../support/index.ts'
import { basic, clientsOf, READ, SECRET_AT, statusOf } from './support.ts'

const database = await testDatabase()
// Two processes of a service as far as clients are concerned: each remembers and hashes for itself.
const [one, other] = await Promise.all(
  [1, 2].map(() => testApp(database.url, { 'access.failedAttempts': 1000 }, { role: 'api' })),
)
const { keyOf, ...clients } = clientsOf(database)
const ask = (key: string, url = one!.url) => statusOf(`${url}${READ}`, key)
const show = async (headers: Record<string, string>) => {
  const answer = await fetch(`${one!.url}${READ}`, { headers })
  const body = await answer.text()
  return { status: answer.status, body, challenge: answer.headers.get('www-authenticate') }
}

test('a client gets in by API_KEY, x-api-key or Basic with its name, and so does the admin key', async () => {
  const key = await keyOf('ways', 'reader')
  const ways = [
    { authorization: `API_KEY ${key}` },
    { authorization: `api_key ${key}` },
    { 'x-api-key': key },
    { authorization: basic('ways', key) },
    { authorization: `API_KEY ${ADMIN_KEY}` },
    { 'x-api-key': ADMIN_KEY },
    { authorization: basic('admin', ADMIN_KEY) },
  ]
  for (const way of ways) expect([way, (await show(way)).status]).toEqual([way, 200])
})

test('what a browser remembers of Basic changes nothing on behalf of another site’s page', async () => {
  const authorization = basic('admin', ADMIN_KEY)
  const ask = async (method: string, site: string) => {
    const init = { method, headers: { authorization, 'sec-fetch-site': site } }
    const path =
      '/RmsReSTServices/services/private/processes/update/process_config/execution?JobName=refresh&numThreads=1'
    return (await fetch(`${one!.url}${method === 'GET' ? READ : path}`, init)).status
  }
  const asked = [
    await ask('POST', 'cross-site'),
    await ask('POST', 'same-site'),
    await ask('GET', 'cross-site'),
  ]
  expect(asked).toEqual([403, 403, 200])
  expect([await ask('POST', 'same-origin'), await ask('POST', 'none')]).toEqual([200, 200])
})

test('whatever is wrong, the answer is the same, and tells the ways in', async () => {
  const right = await keyOf('known', 'reader')
  const [wrong, unknown] = [`${right.slice(0, -4)}AAAA`, `sw_${'0'.repeat(16)}_${'A'.repeat(43)}`]
  const revoked = await keyOf('gone', 'reader')
  await clients.revokeClient('gone')
  const expired = await keyOf('late', 'reader')
  await database.run(`update sincewire.client_key set expires_at = now() where client_name = 'late'`)
  const wrongs = [
    ...[wrong, unknown, revoked, expired, 'nonsense', `${right} `.repeat(2), ''].map((key) => ({
      'x-api-key': key,
    })),
    ...[
      basic('known', wrong),
      basic('nobody', right),
      basic('nobody', unknown),
      basic('', right),
      basic('admin', right),
      basic('known', ADMIN_KEY),
    ].map((authorization) => ({ authorization })),
    ...[`API_KEY ${wrong}`, `Bearer ${right}`, 'Bearer x.y.z', 'Digest x', 'Basic !!', right, `API_KEY`].map(
      (authorization) => ({ authorization }),
    ),
    { 'x-api-key': right, authorization: `API_KEY ${right}` },
  ]
  const refused = {
    status: 401,
    body: '{"status":"ERROR","message":"The credentials are not accepted"}',
    challenge: expect.stringMatching(/^API_KEY .*Basic .*Bearer /),
  }
  for (const headers of wrongs) expect({ headers, ...(await show(headers)) }).toEqual({ headers, ...refused })
})

test('the database holds no key, only its hash by a memory-hard function', async () => {
  const key = await keyOf('hashed', 'reader')
  const [row] = await database.run(`select k::text from sincewire.client_key k where client_name = 'hashed'`)
  expect(String(row!['k'])).not.toContain(key.slice(SECRET_AT))
  expect(String(row!['k'])).toMatch(/\$scrypt\$ln=15,r=8,p=1\$/)
})

describe('holds from the next call on, in every process:', () => {
  const both = async (key: string) => [await ask(key), await ask(key, other!.url)]

  test('a revoked client', async () => {
    const key = await keyOf('r1', 'reader')
    expect(await both(key)).toEqual([200, 200])
    await clients.revokeClient('r1')
    expect(await both(key)).toEqual([401, 401])
  })

  test('a revoked key, while the client has another', async () => {
    const first = await keyOf('r2', 'reader')
    const second = (await clients.rotateKey('r2', { expiresAt: null, overlapSeconds: 3600 })).key
    expect([await both(first), await both(second)]).toEqual([
      [200, 200],
      [200, 200],
    ])
    await clients.revokeClient('r2', first.split('_')[1])
    expect([await both(first), await both(second)]).toEqual([
      [401, 401],
      [200, 200],
    ])
  })

  test('a rotation without overlap', async () => {
    const first = await keyOf('r3', 'reader')
    expect(await both(first)).toEqual([200, 200])
    const { key } = await clients.rotateKey('r3', { expiresAt: null, overlapSeconds: 0 })
    expect([await both(first), await both(key)]).toEqual([
      [401, 401],
      [200, 200],
    ])
  })

  test('an expiry', async () => {
    const key = await keyOf('r4', 'reader')
    expect(await both(key)).toEqual([200, 200])
    await database.run(
      `update sincewire.client_key set expires_at = clock_timestamp() where client_name = 'r4'`,
    )
    expect(await both(key)).toEqual([401, 401])
  })

  test('a change of role or of addresses', async () => {
    const key = await keyOf('r5', 'operator')
    const list = (url: string) => statusOf(`${url}/sincewire/clients`, key)
    expect([await list(one!.url), await list(other!.url)]).toEqual([403, 403])
    await clients.changeClient('r5', { role: 'admin' })
    expect([await list(one!.url), await list(other!.url)]).toEqual([200, 200])
    await clients.changeClient('r5', { addresses: ['192.0.2.0/24', 'fd00::/8'] })
    expect(await both(key)).toEqual([403, 403])
    await clients.changeClient('r5', { addresses: ['127.0.0.0/8'] })
    expect(await both(key)).toEqual([200, 200])
  })
})

test('the last use is kept to the minute, and costs no write at each call', async () => {
  const key = await keyOf('used', 'reader')
  const used = async () =>
    (
      await database.run(
        `select last_used_at::text as at from sincewire.client_key where client_name = 'used'`,
      )
    )[0]!['at']
  expect(await used()).toBeNull()
  await ask(key)
  const first = await used()
  expect(first).toEqual(expect.any(String))
  await ask(key)
  expect(await used()).toBe(first)
  await database.run(
    `update sincewire.client_key set last_used_at = last_used_at - interval '61 seconds' where client_name = 'used'`,
  )
  await ask(key)
  expect(await used()).not.toBe(first)
})

test('many calls at once with a key that is new to the process all get in', async () => {
  const key = await keyOf('burst', 'reader')
  const answers = await Promise.all(Array.from({ length: 100 }, () => ask(key)))
  expect(answers.filter((status) => status !== 200)).toEqual([])
})

describe('over REST', () => {
  const admin = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${one!.url}/sincewire/clients${path}`, {
      method,
      headers: { 'x-api-key': ADMIN_KEY, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }

  test('clients are added, shown, changed, rotated and revoked; a key is shown once', async () => {
    const added = await admin('POST', '', {
      ...{
        name: 'rest',
        role: 'reader',
        services: ['foundation/item'],
        addresses: ['127.0.0.1/32', '10.1.2.3/8'],
      },
      expiresAt: '2100-01-01T00:00:00.000Z',
    })
    expect(added).toMatchObject({
      status: 201,
      body: {
        key: expect.stringMatching(/^sw_[0-9a-f]{16}_[\w-]{43}$/),
        client: {
          ...{ name: 'rest', role: 'reader', services: ['foundation/item'], enabled: true },
          addresses: ['127.0.0.1/32', '10.0.0.0/8'],
          keys: [{ expiresAt: '2100-01-01T00:00:00.000Z', lastUsedAt: null, revokedAt: null }],
        },
      },
    })
    const key = String(added.body['key'])
    expect(await ask(key)).toBe(200)
    expect(await admin('PATCH', '/rest', { services: null })).toMatchObject({
      body: { services: null, role: 'reader' },
    })
    const rotated = await admin('POST', '/rest/rotate', {})
    expect([await ask(key), await ask(String(rotated.body['key']))]).toEqual([401, 200])
    expect(await admin('POST', '/rest/revoke', {})).toMatchObject({ status: 200, body: { enabled: false } })
    expect(await ask(String(rotated.body['key']))).toBe(401)
    const list = JSON.stringify((await admin('GET', '')).body)
    expect(list).toContain('"rest"')
    for (const shown of [key, rotated.body['key']]) expect(list).not.toContain(String(shown).slice(SECRET_AT))
  })

  test.for([
    ['a name that is the admin key’s', { name: 'Admin', role: 'reader' }, 'name'],
    ['a name with a colon', { name: 'oidc:x', role: 'reader' }, 'name'],
    ['a role that there is not', { name: 'x', role: 'root' }, 'role'],
    ['services for an operator', { name: 'x', role: 'operator', services: ['a'] }, 'services'],
    ['no service at all', { name: 'x', role: 'reader', services: [] }, 'services'],
    ['what is no network', { name: 'x', role: 'reader', addresses: ['example.com'] }, 'addresses[0]'],
    [
      'an end that is past',
      { name: 'x', role: 'reader', expiresAt: '2020-01-01T00:00:00.000Z' },
      'expiresAt',
    ],
    ['a field that there is not', { name: 'x', role: 'reader', key: 'mine' }, 'key'],
  ] as const)('%s is refused and named', async ([, body, field]) => {
    const { status, body: said } = await admin('POST', '', body)
    expect({ status, said }).toMatchObject({ status: 400, said: { validationErrors: [{ field }] } })
    expect((await clients.listClients()).map(({ name }) => name)).not.toContain('x')
  })

  test('a name is taken once; that of a revoked client may be taken again', async () => {
    const again = () => admin('POST', '', { name: 'twice', role: 'reader' })
    expect([(await again()).status, (await again()).status]).toEqual([201, 400])
    await admin('POST', '/twice/revoke', {})
    expect((await admin('POST', '/twice/rotate', {})).status).toBe(400)
    expect((await again()).status).toBe(201)
    expect((await admin('POST', '/nobody/rotate', {})).status).toBe(404)
  })
})
