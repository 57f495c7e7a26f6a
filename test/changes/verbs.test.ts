import { readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { beforeAll, expect, test } from 'vitest'
import type { CommandContext } from '../../src/cli/command.ts'
import { commands as registers } from '../../src/cli/index.ts'
import { exampleFile, loadExamples } from '../../src/services/load/examples.ts'
import { OPERATIONS, PRIVATE, serveAll } from '../administration/harness.ts'
import { scratch, testDatabase } from '../support/index.ts'
import { commandLine, subject, watchLog } from './harness.ts'

const database = await testDatabase()
const logged = watchLog(database)
const dataDir = scratch()
const { send, call, get } = await serveAll(database, { dataDir })
const sincewire = commandLine(database.url, dataDir)

beforeAll(async () => {
  await loadExamples(database.db)
  await database.run(`
    create table public.account (id int primary key, owner text);
    insert into public.account values (1, 'a');
    create table public.other (id int primary key)`)
  await send('PUT', `${OPERATIONS}/webhook/credential/manage`, {
    ...{ credentialName: 'CLI', credentialType: 'APIKEY', apikey: 'x' },
  })
  await sincewire('capture', '--service', 'bench/account', '--table', 'public.account', '--key', 'id')
})

const listener = (more: Record<string, unknown>) => ({
  collectionSize: 1,
  items: [{ service: 'bench/account', ...more }],
})
const credential = { credentialName: 'APP1', credentialType: 'APIKEY' }
const PERSON = '/RetailAppsDataPrivServicesRESTApp/rest/privatedata/updatePersonalInfo'

/** Calls of every operation that is not a GET, and the one entry that each leaves; none where it reads alone. */
const calls: Record<string, readonly [body: unknown, entry: string, change: object][]> = {
  [`PUT ${OPERATIONS}/webhook/credential/manage`]: [
    [
      { ...credential, apikey: 'planted-1' },
      'CREATE credential APP1',
      { before: null, after: { credential_type: 'APIKEY', secret: 'set' } },
    ],
    [
      { credentialName: 'APP1', apikey: 'planted-2' },
      'UPDATE credential APP1',
      { before: { secret: 'set' }, after: { secret: 'changed' } },
    ],
    [
      { credentialName: 'APP1', heartbeatIntervalHours: 12 },
      'UPDATE credential APP1',
      { before: { heartbeat_interval_hours: null }, after: { heartbeat_interval_hours: 12 } },
    ],
    [{ credentialName: 'APP1', deleteInd: 'Y' }, 'DELETE credential APP1', { after: null }],
  ],
  [`PUT ${OPERATIONS}/webhooks/manage`]: [
    [
      listener({ credentialName: 'CLI', listenerUrl: 'https://a.example/hook', signingSecret: 'GENERATE' }),
      'CREATE listener bench/account',
      { before: null, after: { listener_url: 'https://a.example/hook', signing_secret: 'set' } },
    ],
    [
      listener({ enabled: 'N', listenerUrl: 'https://b.example/hook' }),
      'UPDATE listener bench/account',
      {
        before: { enabled: true, listener_url: 'https://a.example/hook' },
        after: { enabled: false, listener_url: 'https://b.example/hook' },
      },
    ],
    [
      listener({ sinceTimestamp: '2026-01-01T00:00:00.000Z' }),
      'UPDATE listener bench/account',
      {
        before: { generation: 0, since_timestamp: '1970-01-01T00:00:00+00:00' },
        after: { generation: 1, since_timestamp: '2026-01-01T00:00:00+00:00' },
      },
    ],
    [listener({ deleteInd: 'Y' }), 'DELETE listener bench/account', { after: null }],
  ],
  [`POST ${OPERATIONS}/refresh/manage`]: [
    [
      { service: 'bench/account', action: 'REFRESH', refreshType: 'REBUILD', keys: ['1'] },
      'CREATE refreshRequest bench/account',
      {
        before: null,
        after: { action: 'REFRESH', refresh_type: 'REBUILD', republish: 'CHANGED', keys: ['1'] },
      },
    ],
  ],
  [`POST ${PRIVATE}/processes/update/process_config/execution`]: [
    [
      { JobName: 'refresh', numThreads: 3 },
      'UPDATE job refresh',
      { before: { num_threads: 2 }, after: { num_threads: 3 } },
    ],
  ],
  [`POST ${OPERATIONS}/biPublisherReport/url/get`]: [[{ reportReferenceKey: 'TD-2001' }, '', {}]],
  'POST /sincewire/clients': [
    [
      { name: 'bot', role: 'reader', services: ['bench/account'] },
      'CREATE client bot',
      { before: null, after: { role: 'reader', services: ['bench/account'], enabled: true } },
    ],
  ],
  'PATCH /sincewire/clients/{name}': [
    [
      { addresses: ['127.0.0.0/8'] },
      'UPDATE client bot',
      { before: { addresses: null }, after: { addresses: ['127.0.0.0/8'] } },
    ],
  ],
  'POST /sincewire/clients/{name}/rotate': [[{}, 'UPDATE client bot', {}]],
  'POST /sincewire/clients/{name}/revoke': [
    [{}, 'UPDATE client bot', { before: { enabled: true }, after: { enabled: false } }],
  ],
  [`DELETE ${PERSON}`]: [
    [
      `customer_id=BUYER::::101::XXXXX${'::'.repeat(13)}`,
      'MASK person BUYER',
      { before: null, after: { given: ['fullName'], places: 1 } },
    ],
  ],
}

interface Document {
  readonly paths: Record<string, Record<string, unknown>>
}

test('every operation that may write has its calls here', async () => {
  const document = (await get('/openapi.json')).body as Document
  const writing = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => method !== 'get')
      .map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect(Object.keys(calls).toSorted()).toEqual(writing.toSorted())
})

test('each call that changes something leaves one entry: who, from where, what it was and what it became', async () => {
  const each = Object.entries(calls).flatMap(([operation, list]) =>
    list.map((one) => [operation.replace('{name}', 'bot').split(' '), ...one] as const),
  )
  for (const [[method = '', path = ''], body, entry, change] of each) {
    const correlationId = crypto.randomUUID()
    const headers = { 'x-correlation-id': correlationId, 'content-type': 'application/json' }
    const entries = await logged(async () => {
      const answer =
        typeof body === 'string'
          ? await call(method, `${path}?${body}`, { headers })
          : await call(method, path, { headers, body: JSON.stringify(body) })
      expect([path, answer.status < 300, answer.text]).toEqual([path, true, expect.anything()])
    })
    expect(entries.map(subject)).toEqual(entry === '' ? [] : [entry])
    if (entry === '') continue
    expect(entries[0]).toMatchObject({
      ...change,
      ...{ actor: 'admin', role: 'admin', via: 'adminKey', address: '127.0.0.1', login: 'postgres' },
      correlation_id: correlationId,
    })
  }
})

/** A command line of every verb that changes something, and the entries that it leaves. */
const commands: readonly [args: readonly string[], entries: readonly string[], change?: object][] = [
  // Publishing starts in a transaction of its own, once everything is loaded.
  [
    ['capture', '--service', 'bench/other', '--table', 'public.other', '--key', 'id'],
    ['CREATE service bench/other', 'UPDATE service bench/other'],
    { after: { key_columns: ['id'], source: 'public.other', enabled: false } },
  ],
  [['rebuild', '--service', 'bench/other', '--bump'], ['CREATE refreshRequest bench/other']],
  [
    ['capture', '--service', 'bench/other', '--table', 'public.other', '--key', 'id', '--deferred'],
    ['UPDATE service bench/other', 'CREATE job delta/bench/other'],
  ],
  [['jobs', 'retry', '--service', 'bench/other'], ['RETRY job delta/bench/other']],
  [
    ['jobs', 'set', 'delta/bench/other', '--archive', 'Y'],
    ['UPDATE job delta/bench/other'],
    { before: { archive_ind: 'N' }, after: { archive_ind: 'Y' } },
  ],
  [
    ['uncapture', '--service', 'bench/other'],
    ['DELETE service bench/other', 'DELETE job delta/bench/other'],
  ],
  [['prune'], ['PRUNE retention']],
  [
    ['batch', 'start', 'inventory'],
    ['UPDATE batchStatus'],
    { before: { batch_running_ind: 'N', inventory_batch_running_ind: 'N' } },
  ],
  [['batch', 'end'], ['UPDATE batchStatus']],
  [['batch', 'warn'], ['UPDATE batchStatus']],
  [
    ['vdate', 'set', '2023-06-01'],
    ['UPDATE virtualDate'],
    { before: { vdate: '2019-07-01' }, after: { vdate: '2023-06-01' } },
  ],
  [['vdate', 'advance'], ['UPDATE virtualDate'], { after: { vdate: '2023-06-02' } }],
  [
    ['options', 'set', 'importInd=N', 'costMoney=8.25'],
    ['UPDATE systemOptions'],
    { after: { import_ind: 'N', cost_money: 8.25 } },
  ],
  [
    ['calendar', 'generate', '--from', '2036', '--years', '2'],
    ['UPDATE calendar'],
    { after: { calendar: 24 } },
  ],
  [['load', 'people', exampleFile('people.csv')], ['LOAD people'], { after: { records: 16 } }],
  [
    ['load', 'codes', edited('codes.csv', 'Warehouse', 'Depot')],
    ['UPDATE codes'],
    { after: { code_detail: [{ code: 'W', code_desc: 'Depot' }] } },
  ],
  [
    ['client', 'add', 'cli', '--role', 'operator'],
    ['CREATE client cli'],
    { before: null, after: { role: 'operator' } },
  ],
  [['client', 'change', 'cli', '--role', 'reader'], ['UPDATE client cli'], { after: { role: 'reader' } }],
  [['client', 'rotate', 'cli'], ['UPDATE client cli']],
  [['client', 'revoke', 'cli'], ['UPDATE client cli'], { after: { enabled: false } }],
  [['secrets', 'rotate'], ['UPDATE credential CLI'], { after: { secret: 'changed' } }],
  [['changes', 'prune', '--older-than-days', '1'], ['PRUNE changes'], { after: { entries: 0 } }],
]

/** Those that change nothing of the administration, or do it by calls. */
const reading = [
  'serve',
  'migrate',
  'jobs list',
  'batch show',
  'vdate show',
  'options get',
  'client list',
].concat(['secrets status', 'listen', 'demo'])

/** An example file with one word for another. */
function edited(name: string, word: string, other: string): string {
  const file = join(dataDir, name)
  writeFileSync(file, readFileSync(exampleFile(name), 'utf8').replace(word, other))
  return file
}

test('every command is here', () => {
  const program = new Command()
  for (const register of registers) register(program, {} as CommandContext)
  const namesOf = (command: Command, path: readonly string[]): string[] => [
    ...(command.commands.length === 0 ? [path.join(' ')] : []),
    ...command.commands.flatMap((each) => namesOf(each, [...path, each.name()])),
  ]
  const names = namesOf(program, []).filter((name) => name !== '')
  const held = (name: string) => commands.some(([args]) => `${args.join(' ')} `.startsWith(`${name} `))
  expect(names.filter((name) => !held(name)).toSorted()).toEqual(reading.toSorted())
})

test('each command that changes something leaves its entries, as the user of the operating system', async () => {
  for (const [args, expected, change = {}] of commands) {
    const entries = await logged(() => sincewire(...args))
    expect([args, entries.map(subject)]).toEqual([args, expected])
    expect(entries[0]).toMatchObject(change)
    const who = { actor: userInfo().username, via: 'commandLine', address: '127.0.0.1' }
    for (const entry of entries) {
      expect(entry).toMatchObject({ ...who, correlation_id: entries[0]!.correlation_id })
    }
  }
})
