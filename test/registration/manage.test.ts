import pg from 'pg'
import { beforeAll, describe, expect, test } from 'vitest'
import { openTarget } from '../../src/services/listener/openTarget.ts'
import { eventually, testDatabase } from '../support/index.ts'
import { apikey, item, serveRegistration, succeed, type Item } from './harness.ts'

const database = await testDatabase()
const served = await serveRegistration(database)
const { manage, listener, db } = served

beforeAll(async () => {
  for (const fields of [apikey('APP1', { heartbeatIntervalHours: 24 }), apikey('APP2')]) {
    await succeed(served.credential(fields))
  }
})

const ok = (...items: readonly Item[]) => succeed(manage(...items))

/** As if the engine had been at work: in the middle of a window, everything planned for later, on hold or not. */
async function inMidWindow(name: string, failures = 0) {
  await database.run(`update sincewire.listener set before_timestamp = '2026-02-01Z', before_floor = '2026-01-31Z',
    before_snapshot = '10:20:15', offset_changed_at = '2026-01-15 00:00:00.123456Z', offset_key = 'k5', proven_revision = target_revision,
    next_heartbeat_at = now() + '1 h', failures = ${failures}, turn_token = gen_random_uuid()
    where listener_name = '${name}';
    update sincewire.schedule set due_at = now() + '5 min', next_poll_at = now() + '5 min' where listener_name = '${name}'`)
  return (await listener(name))!
}

describe('registering', () => {
  test('a listener by the documented fields alone has the documented defaults and is due at once', async () => {
    const body = await ok(
      item('bench/a', { credentialName: 'APP2', listenerName: 'plain', includePayload: null, enabled: '' }),
    )
    expect(body.message).toBe('Manage webhooks was successful: 1 created, 0 updated, 0 unchanged, 0 deleted')
    const row = await listener('plain')
    expect(row).toMatchObject({
      service: 'bench/a',
      credential_name: 'APP2',
      enabled: true,
      include_payload: false,
      interval_seconds: 900,
      page_limit: 1000,
      query_parameter: null,
      heartbeat_interval_hours: 6,
      since_timestamp: '1970-01-01T00:00:00.000000Z',
      since_floor: '1970-01-01T00:00:00.000000Z',
      before_timestamp: null,
      signing_secret: null,
    })
    const [{ due } = {}] = await database.run(
      `select due_at <= now() and next_poll_at <= now() and next_heartbeat_at <= now() as due
        from sincewire.listener join sincewire.schedule using (listener_name) where listener_name = 'plain'`,
    )
    expect(due).toBe(true)
  })

  test('the name defaults to the service, and several listeners share a service under names of their own', async () => {
    await ok(item('bench/b'), item('bench/b', { listenerName: 'second' }))
    expect((await listener('bench/b'))?.service).toBe('bench/b')
    expect((await listener('second'))?.service).toBe('bench/b')
  })

  test("the credential's heartbeat interval is the default of its new listeners, unless they say otherwise", async () => {
    await ok(
      item('bench/a', { listenerName: 'hb' }),
      item('bench/a', { listenerName: 'hb2', heartbeatIntervalHours: 2 }),
    )
    expect((await listener('hb'))?.heartbeat_interval_hours).toBe(24)
    expect((await listener('hb2'))?.heartbeat_interval_hours).toBe(2)
  })

  test('a since starts at the lower edge that it stands for: exact when we handed it out, the lowest floor otherwise', async () => {
    await database.run(`insert into sincewire.tick (service, before, floor, snapshot) values
      ('bench/a', '2026-05-01 10:00Z', '2026-05-01 09:00Z', '7:9:8'), ('bench/a', '2026-05-01 11:00Z', '2026-05-01 09:30Z', null)`)
    await ok(
      item('bench/a', { listenerName: 'exact', sinceTimestamp: '2026-05-01T10:00:00.000Z' }),
      item('bench/a', { listenerName: 'made-up', sinceTimestamp: '2026-05-01T12:30:00.000+02:00' }),
    )
    expect(await listener('exact')).toMatchObject({
      since_floor: '2026-05-01T09:00:00.000000Z',
      since_snapshot: '7:9:8',
    })
    expect(await listener('made-up')).toMatchObject({
      since_timestamp: '2026-05-01T10:30:00.000000Z',
      since_floor: '2026-05-01T09:30:00.000000Z',
      since_snapshot: null,
    })
  })

  test('9999 listeners in one call are registered, changed and deleted in seconds', async () => {
    const many = Array.from({ length: 9999 }, (_, at) => item('bench/a', { listenerName: `many-${at}` }))
    await ok(...many)
    await ok(...many.map((each) => ({ ...each, pageLimit: 7 })))
    const body = await ok(...many.map((each) => ({ ...each, deleteInd: 'Y' })))
    expect(body.message).toContain('9999 deleted')
  })
})

describe('changing', () => {
  test('what is blank stays as it is, and nothing is looked at earlier for it', async () => {
    await ok(
      item('bench/a', {
        listenerName: 'still',
        includePayload: 'Y',
        pageLimit: 5,
        queryParameter: 'include=items.id',
      }),
    )
    const before = await inMidWindow('still')
    const blank = {
      service: 'bench/a',
      listenerName: 'still',
      credentialName: '',
      listenerUrl: '  ',
      includePayload: '',
    }
    const body = await ok({
      ...blank,
      pageLimit: '',
      intervalSeconds: null,
      queryParameter: '',
      enabled: null,
      deleteInd: 'N',
    })
    expect(body.message).toContain('1 unchanged')
    expect(await listener('still')).toEqual(before)
  })

  test('blank spaces clear the queryParameter', async () => {
    await ok(item('bench/a', { listenerName: 'qp', queryParameter: 'include=items.id' }))
    await ok({ service: 'bench/a', listenerName: 'qp', queryParameter: '   ' })
    expect((await listener('qp'))?.query_parameter).toBeNull()
  })

  test('another URL: heartbeat first, the hold ends, window and position stay', async () => {
    await ok(item('bench/a', { listenerName: 'url' }))
    const before = await inMidWindow('url', 3)
    await ok({ service: 'bench/a', listenerName: 'url', listenerUrl: 'https://new.receiver.example/' })
    const after = (await listener('url'))!
    expect(after).toMatchObject({
      target_revision: before.target_revision + 1,
      proven_revision: before.proven_revision,
      failures: 0,
      generation: before.generation,
      before_snapshot: before.before_snapshot,
      offset_changed_at: '2026-01-15T00:00:00.123456Z',
      offset_key: 'k5',
      turn_token: before.turn_token,
    })
    expect(after.due_at < before.due_at && after.next_heartbeat_at < before.next_heartbeat_at).toBe(true)
  })

  test('a since ends the running window and restarts from there, even when it is the present one', async () => {
    await ok(item('bench/a', { listenerName: 'replay', sinceTimestamp: '2026-01-01T00:00:00.000Z' }))
    const before = await inMidWindow('replay')
    await ok({ service: 'bench/a', listenerName: 'replay', sinceTimestamp: '2026-01-01T00:00:00.000Z' })
    expect(await listener('replay')).toMatchObject({
      generation: before.generation + 1,
      target_revision: before.target_revision,
      since_timestamp: '2026-01-01T00:00:00.000000Z',
      ...{
        before_timestamp: null,
        before_floor: null,
        before_snapshot: null,
        offset_changed_at: null,
        offset_key: null,
      },
    })
  })

  test('a listener is switched off and deleted whatever has become of its service, and nothing else', async () => {
    await database.run(
      `update sincewire.merchapi_config set enabled = true where merchapi_name = 'bench/off'`,
    )
    await ok(item('bench/off'))
    await database.run(
      `update sincewire.merchapi_config set enabled = false where merchapi_name = 'bench/off'`,
    )
    expect((await manage({ service: 'bench/off', pageLimit: 5 })).status).toBe(400)
    await ok({ service: 'bench/off', enabled: 'N' })
    expect((await manage({ service: 'bench/off', enabled: 'Y' })).status).toBe(400)
    await ok({ service: 'bench/off', deleteInd: 'Y' })
  })

  test('deleting removes the listener and the record of its calls, and a new one of that name is another', async () => {
    await ok(item('bench/a', { listenerName: 'gone' }))
    const { uid } = (await listener('gone'))!
    await database.run(`insert into sincewire.attempt (listener_uid, listener_name, service, kind, webhook_id, attempt_number,
      url, succeeded, duration_ms, bytes, correlation_id, attempted_at) values ('${uid}', 'gone', 'bench/a', 'EVENT', 'm', 1, 'u', true, 1, 1, 'c', now())`)
    await ok({ service: 'bench/a', listenerName: 'gone', deleteInd: 'Y' })
    expect(await listener('gone')).toBeUndefined()
    expect(await database.run(`select 1 from sincewire.attempt where listener_uid = '${uid}'`)).toEqual([])
    await ok(item('bench/a', { listenerName: 'gone' }))
    expect((await listener('gone'))?.uid).not.toBe(uid)
  })

  test('the engine is told at commit when something has become due, and only then', async () => {
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    try {
      const heard: string[] = []
      client.on('notification', ({ channel }) => heard.push(channel))
      await client.query('listen sincewire_due')
      await manage(item('bench/nope'))
      await ok(item('bench/a', { listenerName: 'told' }))
      await ok({ service: 'bench/a', listenerName: 'told', pageLimit: 1000 })
      await client.query('select 1') // what was sent before this answer has arrived with it
      expect(heard).toEqual(['sincewire_due'])
    } finally {
      await client.end()
    }
  })
})

describe('signing secrets', () => {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

  test('one made on request is shown once, in the answer that made it', async () => {
    const body = await ok(item('bench/a', { listenerName: 'signed', signingSecret: 'GENERATE' }))
    const [made] = body.signingSecrets ?? []
    expect(made).toEqual({
      listenerName: 'signed',
      signingSecret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
    })
    const { text, body: page } = await served.list('?service=bench/a')
    expect(text).not.toContain('whsec_')
    expect(page.items.find(({ listenerName }) => listenerName === 'signed')).toMatchObject({ signed: 'Y' })
    expect((await openTarget(served, 'signed'))?.signingKeys).toEqual([
      { secret: made?.signingSecret, until: null },
    ])
  })

  test('a given one is kept, another one moves the target, blank spaces end the signing', async () => {
    const named = { service: 'bench/a', listenerName: 'given' }
    await ok(item('bench/a', { listenerName: 'given', signingSecret: secret }))
    expect(await openTarget(served, 'given')).toMatchObject({ signingKeys: [{ secret }], targetRevision: 0 })
    await ok({ ...named, signingSecret: secret })
    await ok({ ...named, signingSecret: '' })
    expect(await openTarget(served, 'given')).toMatchObject({ signingKeys: [{ secret }], targetRevision: 0 })
    await ok({ ...named, signingSecret: '  ' })
    expect(await openTarget(served, 'given')).toMatchObject({ signingKeys: [], targetRevision: 1 })
  })
})

describe('two calls at once', () => {
  test('that register the same listener leave one listener, and both succeed', async () => {
    const calls = Array.from({ length: 8 }, (_, at) =>
      manage(item('bench/a', { listenerName: 'race', pageLimit: at + 1 })),
    )
    const answers = await Promise.all(calls)
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
    const created = answers.filter(({ body }) => body.message.includes('1 created'))
    expect(created).toHaveLength(1)
  })

  test('over the same listeners in opposite order do not half-apply', async () => {
    const names = Array.from({ length: 20 }, (_, at) => `pair-${at}`)
    await ok(...names.map((listenerName) => item('bench/a', { listenerName })))
    const write = (order: string[], pageLimit: number) =>
      manage(...order.map((listenerName) => ({ service: 'bench/a', listenerName, pageLimit })))
    for (let round = 0; round < 10; round++) {
      await Promise.all([write(names, 2 * round + 1), write(names.toReversed(), 2 * round + 2)])
      const rows = await db
        .selectFrom('sincewire.listener')
        .select('page_limit')
        .where('listener_name', 'in', names)
        .execute()
      expect(new Set(rows.map((row) => row.page_limit)).size).toBe(1)
    }
  })

  test('of which one deletes the credential that the other takes up end in one of the two orders', async () => {
    for (let round = 0; round < 10; round++) {
      const credentialName = `RACE${round}`
      await served.credential(apikey(credentialName))
      const [deleted, taken] = await Promise.all([
        served.credential({ credentialName, deleteInd: 'Y' }),
        manage(item('bench/a', { listenerName: credentialName, credentialName })),
      ])
      expect(deleted.status + taken.status).toBe(200 + 400)
    }
  })

  test("an engine's save between reading and writing is never overwritten", async () => {
    await ok(item('bench/a', { listenerName: 'busy' }))
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    try {
      await client.query(`begin; update sincewire.listener set offset_key = 'k9', offset_changed_at = now(),
        before_timestamp = now(), before_floor = now() where listener_name = 'busy'`)
      const change = manage({ service: 'bench/a', listenerName: 'busy', pageLimit: 3 })
      await eventually(async () => {
        const waiting = await database.run(`select 1 from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`)
        return waiting.length > 0
      })
      await client.query('commit')
      expect((await change).status).toBe(200)
      expect(await listener('busy')).toMatchObject({ page_limit: 3, offset_key: 'k9' })
    } finally {
      await client.end()
    }
  })
})
