import { beforeAll, describe, expect, test } from 'vitest'
import { webhookPageQuery } from '../../src/db/listenerPage.ts'
import { rowsRead, testDatabase } from '../support/index.ts'
import { apikey, item, serveRegistration, succeed } from './harness.ts'

const database = await testDatabase()
const served = await serveRegistration(database)
const { list, manage, listener } = served

beforeAll(async () => {
  for (const name of ['A1', 'B_used', 'a-unused', 'z-unused']) await succeed(served.credential(apikey(name)))
  const listeners = [
    item('bench/b', { credentialName: 'A1' }),
    item('bench/b', { credentialName: 'A1', listenerName: 'a,b%' }),
    item('bench/a', { credentialName: 'A1', listenerName: 'zz' }),
    item('bench/a', {
      credentialName: 'B_used',
      enabled: 'N',
      includePayload: 'Y',
      queryParameter: 'include=items.id',
    }),
  ]
  await succeed(manage(...listeners))
})

/** What tells items apart, in the order in which they came. */
const namesOf = (items: readonly Record<string, unknown>[]) =>
  items.map(({ credentialName, listenerName }) => `${String(credentialName)}:${String(listenerName ?? '-')}`)

describe('the list', () => {
  test('shows a listener with the documented fields, its status, and no secret', async () => {
    await database.run(`update sincewire.listener set offset_key = 'k7', offset_changed_at = '2026-03-01Z', before_timestamp = '2026-03-02Z',
      before_floor = '2026-03-02Z', since_timestamp = '2026-02-01 10:00:00.5Z', next_heartbeat_at = '2030-01-02Z',
      failures = 2, hold_since = '2026-03-03Z', heartbeat_error = 'answered 500' where listener_name = 'zz';
      update sincewire.schedule set next_poll_at = '2030-01-01Z' where listener_name = 'zz'`)
    const { body } = await list('?service=bench/a')
    expect(body.items[0]).toEqual({
      credentialName: 'A1',
      credentialType: 'APIKEY',
      owner: 'tests',
      service: 'bench/a',
      listenerName: 'zz',
      listenerUrl: 'https://hooks.receiver.example/in',
      enabled: 'Y',
      intervalSeconds: 900,
      includePayload: 'N',
      pageLimit: 1000,
      queryParameter: null,
      heartbeatIntervalHours: 6,
      sinceTimestamp: '2026-02-01T10:00:00.500Z',
      signed: 'N',
      signatures: [],
      headerNames: [],
      status: {
        nextPollTime: '2030-01-01T00:00:00.000Z',
        nextPollSinceTimestamp: '2026-02-01T10:00:00.500Z',
        nextPollOffsetKey: 'k7',
        nextHeartbeatTime: '2030-01-02T00:00:00.000Z',
        heartbeatError: 'answered 500',
        failures: 2,
        holdSince: '2026-03-03T00:00:00.000Z',
        disabledReason: null,
      },
    })
    expect(body.items[1]).toMatchObject({
      enabled: 'N',
      includePayload: 'Y',
      queryParameter: 'include=items.id',
    })
    expect(body.items[1]?.['status']).toMatchObject({ nextPollTime: null, nextHeartbeatTime: null })
  })

  test('holds every listener and every unused credential once, and unused credentials only without a service', async () => {
    const { body } = await list()
    expect(body).toMatchObject({ hasMore: false, limit: 1000, count: 6 })
    expect(namesOf(body.items).toSorted()).toEqual(
      ['A1:a,b%', 'A1:bench/b', 'A1:zz', 'B_used:bench/a', 'a-unused:-', 'z-unused:-'].toSorted(),
    )
    expect(body.items.find(({ credentialName }) => credentialName === 'z-unused')).toEqual({
      credentialName: 'z-unused',
      credentialType: 'APIKEY',
      owner: 'tests',
    })
    expect(namesOf((await list('?service=bench/b')).body.items)).toEqual(['A1:a,b%', 'A1:bench/b'])
    expect((await list('?service=bench/nope')).body).toMatchObject({ items: [], hasMore: false, count: 0 })
  })

  test.for([1, 2, 3, 5, 6])(
    'pages of %i follow the next links to the same items in the same order',
    async (limit) => {
      const whole = namesOf((await list()).body.items)
      const seen: string[] = []
      let next: string | undefined = `?limit=${limit}`
      while (next !== undefined) {
        const { body } = await list(next)
        expect(body.count).toBeLessThanOrEqual(limit)
        seen.push(...namesOf(body.items))
        next = body.links.find(({ rel }) => rel === 'next')?.href
        expect(body.hasMore).toBe(next !== undefined)
      }
      expect(seen).toEqual(whole)
    },
  )

  test('links are absolute and carry the query; self answers the same again', async () => {
    const { body } = await list('?service=bench/b&limit=1&includeMetrics=Y')
    const [self, next] = body.links.map(({ href, rel }) => ({
      rel,
      query: Object.fromEntries(new URL(href).searchParams),
    }))
    expect(self).toEqual({ rel: 'self', query: { service: 'bench/b', limit: '1', includeMetrics: 'Y' } })
    expect(next?.query).toEqual({ ...self?.query, offsetkey: 'A1,bench/b,a%2Cb%25' })
    expect((await list(body.links[0]!.href)).body).toEqual(body)
  })

  test('the documented offsetkey of credential name and service alone goes on behind that listener', async () => {
    expect(namesOf((await list('?service=bench/b&offsetkey=A1,bench/b')).body.items)).toEqual([])
    expect(namesOf((await list('?offsetkey=A1,bench/a')).body.items)).toContain('A1:zz')
  })

  test('a page reads about as many rows as it shows, however deep it lies', async () => {
    const other = await testDatabase()
    await other.run(`
      insert into sincewire.merchapi_config (merchapi_name) values ('s');
      insert into sincewire.credential (credential_name, credential_type, secret, secret_key_id)
        select 'c' || g, 'APIKEY', '', 'x' from generate_series(1, 20000) g;
      insert into sincewire.listener (listener_name, uid, service, credential_name, listener_url)
        select 'l' || g, gen_random_uuid(), 's', 'c' || g, 'u' from generate_series(1, 20000) g;
      analyze sincewire.credential, sincewire.listener`)
    const read = (service: string | null, credentialName: string) => {
      const after = { credentialName, service: 's', listenerName: '' }
      return rowsRead(other, webhookPageQuery({ owner: null, service, after, limit: 10 }).compile(other.db))
    }
    for (const service of [null, 's']) {
      for (const credentialName of ['', 'c15', 'c5', 'c998']) {
        expect(await read(service, credentialName)).toBeLessThan(200)
      }
    }
  })
})

describe('metrics', () => {
  test('count publishing and heartbeats apart, for GMT today and yesterday, newest first, and only when asked for', async () => {
    const { uid } = (await listener('bench/b'))!
    const today = `date_trunc('day', clock_timestamp() at time zone 'UTC') at time zone 'UTC'`
    const add = (
      kind: string,
      at: string,
      more: { status?: number; error?: string; records?: number } = {},
    ) =>
      database.run(`insert into sincewire.attempt (listener_uid, listener_name, service, kind, record_count, webhook_id, attempt_number, url,
        status, succeeded, duration_ms, bytes, error, correlation_id, attempted_at) values ('${uid}', 'bench/b', 'bench/b', '${kind}', ${more.records ?? 'null'}, 'm', 1, 'u',
        ${more.status ?? 'null'}, ${more.status === 200}, 12, 1, ${more.error === undefined ? 'null' : `'${more.error}'`}, 'c', ${today} + interval '${at}')`)
    await add('PAYLOAD', '-25 hours', { status: 200 }) // the day before yesterday
    await add('EVENT', '-24 hours', { status: 200 })
    await add('PAYLOAD', '-1 microsecond', { status: 503, error: 'answered 503', records: 10 })
    await add('HEARTBEAT', '0', { status: 200 })
    await add('HEARTBEAT', '1 millisecond', { error: 'timeout' })

    const { body } = await list('?service=bench/b&includeMetrics=Y')
    const [{ today: date, yesterday } = {}] = await database.run(
      `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD') as today, to_char(clock_timestamp() at time zone 'UTC' - interval '1 day', 'YYYY-MM-DD') as yesterday`,
    )
    expect(body.items.find(({ listenerName }) => listenerName === 'bench/b')?.['metrics']).toEqual([
      {
        date,
        ...{ count: 0, countSuccess: 0, lastPublishTime: null, lastPublishActivityLog: null },
        ...{
          countHeartbeat: 2,
          countSuccessHeartbeat: 1,
          lastHeartbeatTime: `${String(date)}T00:00:00.001Z`,
        },
        lastHeartbeatActivityLog: 'HEARTBEAT: no answer after 12 ms: timeout',
      },
      {
        date: yesterday,
        ...{ count: 2, countSuccess: 1, lastPublishTime: `${String(yesterday)}T23:59:59.999Z` },
        lastPublishActivityLog: 'PAYLOAD of 10 records: 503 after 12 ms: answered 503',
        ...{
          countHeartbeat: 0,
          countSuccessHeartbeat: 0,
          lastHeartbeatTime: null,
          lastHeartbeatActivityLog: null,
        },
      },
    ])
    expect(body.items.find(({ listenerName }) => listenerName === 'a,b%')?.['metrics']).toEqual([])
    expect((await list('?includeMetrics=N')).text).not.toContain('"metrics"')
  })
})
