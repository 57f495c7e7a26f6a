import { expect, test } from 'vitest'
import { runCommand, scratch, testApp, testDatabase } from '../support/index.ts'
import { READ, statusOf } from './support.ts'

const database = await testDatabase()
const app = await testApp(database.url, {}, { role: 'api' })
const env = { DATABASE_URL: database.url, SINCEWIRE_DATA_DIR: scratch() }
const client = (...args: string[]) => runCommand(['client', ...args], { env })
const ask = (key: string) => statusOf(`${app.url}${READ}`, key)

test('client adds, lists, changes, rotates and revokes; keys alone go to stdout, and JSON if asked', async () => {
  const added = await client(
    'add',
    'shop',
    '--role',
    'reader',
    '--services',
    'a,b',
    '--from',
    '127.0.0.0/8',
    '--expires',
    '90d',
  )
  expect(added).toMatchObject({ code: 0, stderr: '' })
  const key = added.stdout.trim()
  expect(await ask(key)).toBe(200)

  const list = await client('list', '--json')
  const [listed] = JSON.parse(list.stdout) as [{ keys: [{ expiresAt: string }] }]
  expect(listed).toMatchObject({
    name: 'shop',
    services: ['a', 'b'],
    addresses: ['127.0.0.0/8'],
    enabled: true,
  })
  const days = (Date.parse(listed.keys[0].expiresAt) - Date.now()) / 86_400_000
  expect(days).toBeGreaterThan(89)
  expect(days).toBeLessThan(91)

  expect(await client('change', 'shop', '--services', '*', '--from', '192.0.2.1')).toMatchObject({
    stdout: expect.stringContaining('shop: reader; from 192.0.2.1/32'),
  })
  expect(await ask(key)).toBe(403)
  await client('change', 'shop', '--from', '*')

  const rotated = await client('rotate', 'shop', '--overlap', '1h', '--json')
  const { key: second } = JSON.parse(rotated.stdout) as { key: string }
  expect([await ask(key), await ask(second)]).toEqual([200, 200])
  expect((await client('revoke', 'shop', '--key', key.split('_')[1]!)).stdout).toMatch(
    /^key \w+ of shop is revoked$/m,
  )
  expect([await ask(key), await ask(second)]).toEqual([401, 200])
  expect((await client('revoke', 'shop')).stdout).toBe('shop is revoked\n')
  expect([await ask(key), await ask(second)]).toEqual([401, 401])
  const shown = await client('list')
  expect(shown.stdout).toMatch(/^shop: reader; revoked\n {2}\w{16}, made .*, last used .*, revoked /)
})

test('what cannot be is refused in a sentence: 2 for the command line, 1 for the rest', async () => {
  const cases: [string[], number, string][] = [
    [['add', 'x'], 2, '--role'],
    [['add', 'x', '--role', 'root'], 2, '--role must be one of reader, integrator, operator, admin'],
    [['add', 'x', '--role', 'reader', '--from', 'example.com'], 2, '--from must hold addresses or networks'],
    [['add', 'x', '--role', 'reader', '--expires', 'soon'], 2, '--expires must be a time'],
    [['rotate', 'x', '--overlap', 'long'], 2, '--overlap must be a time'],
    [['change', 'x'], 2, 'say what to change'],
    [['add', 'a:b', '--role', 'reader'], 1, 'name must be up to 100 letters'],
    [['add', 'x', '--role', 'admin', '--services', 'a'], 1, 'can limit readers and integrators only'],
    [
      ['add', 'x', '--role', 'reader', '--expires', '2020-01-01T00:00:00Z'],
      1,
      'expiresAt must lie in the future',
    ],
    [['rotate', 'nobody'], 1, 'There is no client nobody'],
  ]
  const ended = await Promise.all(cases.map(([args]) => client(...args)))
  for (const [index, [args, code, words]] of cases.entries()) {
    const { code: exit, stderr } = ended[index]!
    expect([args, exit, stderr]).toEqual([args, code, expect.stringContaining(words)])
    expect(stderr).not.toMatch(/^ +at /m)
  }
  expect(await database.run(`select from sincewire.client where client_name = 'x'`)).toEqual([])
})
