import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { OpenCredential } from '../../src/domain/credential.ts'
import { delivery } from '../outbound/support/delivery.ts'
import { eventually, receiver, runCommand, scratch, startService } from '../support/index.ts'

const basic: OpenCredential = {
  type: 'BASICAUTH',
  credentialName: 'b',
  revision: 0,
  username: 'me',
  password: 'a:b',
}
const at = (second: number) => `2026-11-20T20:00:0${second}.000Z`

/** The command in a process of its own, and calls to it. */
async function listening(...args: string[]) {
  const service = startService({ args: ['listen', '--port', '0', ...args] })
  const url = await eventually(() => /http:\/\/127\.0\.0\.1:\d+/.exec(service.printed())?.[0])
  const way = delivery(url, basic)
  const payload = (id: string, since: number, before: number, ...items: object[]) => {
    const names = { type: 'PAYLOAD', service: 'foundation/item', listenerName: 'items' }
    const window = { sinceTimestamp: at(since), beforeTimestamp: at(before) }
    const body = JSON.stringify({ ...names, ...window, payload: { items, hasMore: false } })
    return way.send({ webhookId: id, body: Buffer.from(body) })
  }
  return { service, payload, interrupt: () => (service.kill('SIGINT'), service.ended) }
}

const record = (item: string, second: number) => ({ item, action: 'UPDATE', cacheTimestamp: at(second) })

test('prints each call, tells at the end what came, and keeps its state for the next run', async () => {
  const state = join(scratch(), 'state.json')
  const args = ['--json', '--key', 'foundation/item=item', '--credential', 'basic:me:a:b', '--state', state]
  const first = await listening(...args)
  expect(await first.payload('1', 0, 1, record('a', 1), record('b', 1))).toMatchObject({ status: 200 })
  expect(await first.payload('1', 0, 1, record('a', 1), record('b', 1))).toMatchObject({ status: 200 })
  const { code, stdout } = await first.interrupt()
  expect(code).toBe(0)
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object)
  expect(lines).toMatchObject([
    { kind: 'listening' },
    { kind: 'call', type: 'PAYLOAD', listenerName: 'items', duplicate: false, page: { records: 2 } },
    { kind: 'call', duplicate: true },
    { kind: 'report', duplicates: 1, applied: { upserts: 2 } },
  ])

  const second = await listening(...args)
  await second.payload('2', 1, 2, record('b', 2))
  expect((await second.interrupt()).code).toBe(0)
  const kept = JSON.parse(readFileSync(state, 'utf8')) as { listeners: { records: unknown }[] }
  expect(kept.listeners[0]?.records).toEqual([
    ['a', record('a', 1)],
    ['b', record('b', 2)],
  ])
})

test('ends with 1 when something is missing, and says what in words', async () => {
  const { payload, interrupt } = await listening('--key', 'item')
  await payload('1', 0, 1, record('a', 1))
  await payload('2', 3, 4, record('a', 4))
  const { code, stdout, stderr } = await interrupt()
  expect([code, stderr]).toEqual([1, 'Something is missing: see the report above.\n'])
  expect(stdout).toContain(
    `PAYLOAD    items  foundation/item  1 record  (${at(3)}, 20:00:04.000Z]  GAP: expected since ${at(1)}`,
  )
  expect(stdout).toContain(`gap       items: nothing came for (${at(1)}, 20:00:03.000Z]`)
  expect(stdout).toContain(`holds       1 record of items up to ${at(4)}`)
})

test('says in one sentence what is wrong with its options or its port', async () => {
  const taken = await receiver()
  const folder = scratch()
  const nonsense = join(folder, 'nonsense.json')
  writeFileSync(nonsense, '{"a":1}')
  const cases: [args: string[], code: number, words: string][] = [
    [['--port', 'x'], 2, '--port must be a whole number from 0 to 65535: x'],
    [['--fail-rate', '2'], 2, '--fail-rate must be a number from 0 to 1: 2'],
    [['--credential', 'basic:me'], 2, '--credential must be basic:user:password'],
    [['--signing-secret', 'secret-value'], 2, '--signing-secret must be whsec_'],
    [['--signing-secret', 'whpk_c2VjcmV0LXZhbHVl'], 2, '--signing-secret must be whsec_'],
    [['--key', 'a='], 2, '--key must be fields'],
    [['--publish-url', 'ftp://x'], 2, '--publish-url must be an http or https URL'],
    [['--port', String(taken.port)], 1, `127.0.0.1:${taken.port} is in use`],
    [['--state', nonsense], 1, 'is not a state file'],
    [['--state', join(folder, 'no', 'such', 'folder')], 1, 'cannot be written'],
  ]
  const ended = await Promise.all(cases.map(([args]) => runCommand(['listen', ...args])))
  for (const [index, [args, code, words]] of cases.entries()) {
    const { code: exit, stderr } = ended[index]!
    expect([args, exit, stderr]).toEqual([args, code, expect.stringContaining(words)])
    expect(stderr).not.toMatch(/secret-value|^ +at /m)
  }
})
