import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { sql } from 'kysely'
import { beforeAll, expect, test } from 'vitest'
import { asChanger } from '../../src/db/changer.ts'
import { openPool } from '../../src/db/pool.ts'
import { EVERY_CHANGE, type Changer } from '../../src/domain/change.ts'
import { followChanges, startFollowing } from '../../src/services/changes/follow.ts'
import { OPERATIONS, serveAll } from '../administration/harness.ts'
import { addListener, makeFeed, startEngine } from '../support/engine.ts'
import { cleanUp, eventually, receiver, testDatabase } from '../support/index.ts'
import { subject, watchLog } from './harness.ts'

const database = await testDatabase()
const logged = watchLog(database)
const { send, get } = await serveAll(database)
const PLANTED = () => `planted${randomBytes(12).toString('hex')}`

beforeAll(() => makeFeed(database.db, 'bench/a'))

const person: Changer = {
  ...{ actor: 'ann', role: 'operator', via: 'apiKey', address: '192.0.2.1', correlationId: 'c-1' },
}

test('a change past the service is logged by the login and the program that PostgreSQL knows', async () => {
  const [entry] = await logged(() =>
    database.run(`set application_name = 'psql'; update merch.rms_batch_status set batch_running_ind = 'Y'`),
  )
  expect(entry).toMatchObject({
    ...{
      actor: 'postgres',
      via: 'sql',
      login: 'postgres',
      application: 'psql',
      role: null,
      correlation_id: null,
    },
    ...{ before: { batch_running_ind: 'N' }, after: { batch_running_ind: 'Y' } },
  })
})

test('who it is holds for one transaction, with or without one of its own: a connection forgets', async () => {
  const { db, close } = openPool({ url: database.url, max: 1, applicationName: 'one' })
  cleanUp(close)
  const change = () =>
    sql`update merch.b8d_process_config set num_threads = num_threads % 8 + 1
    where job_name = 'refresh'`.execute(db)
  const inTransaction = () =>
    db.transaction().execute((tx) =>
      sql`update merch.b8d_process_config set commit_max_ctr = commit_max_ctr + 1
      where job_name = 'refresh'`.execute(tx),
    )
  const broken = () => sql`update merch.b8d_process_config set num_threads = 0`.execute(db)
  const entries = await logged(async () => {
    await asChanger(person, change)
    await change()
    await expect(asChanger(person, broken)).rejects.toThrow('violates check constraint')
    await asChanger(person, inTransaction)
    await inTransaction()
    await asChanger({ ...person, actor: 'nul\0 and half \uD800' }, change)
  })
  expect(entries.map(({ actor, address, role }) => [actor, address, role])).toEqual([
    ['ann', '192.0.2.1', 'operator'],
    ['postgres', '127.0.0.1', null],
    ['ann', '192.0.2.1', 'operator'],
    ['postgres', '127.0.0.1', null],
    ['nul and half \uFFFD', '192.0.2.1', 'operator'],
  ])
})

test('a call that is refused leaves nothing, whatever it had done before', async () => {
  const entries = await logged(async () => {
    const item = {
      service: 'bench/a',
      listenerName: 'x',
      credentialName: 'none',
      listenerUrl: 'https://a.example',
    }
    const bad = { collectionSize: 2, items: [item, { ...item, listenerName: 'y', service: 'no/such' }] }
    expect((await send('PUT', `${OPERATIONS}/webhooks/manage`, bad)).status).toBe(400)
    const key = { credentialName: 'X', credentialType: 'APIKEY' }
    expect((await send('PUT', `${OPERATIONS}/webhook/credential/manage`, key)).status).toBe(400)
    await expect(
      database.db.transaction().execute(async (tx) => {
        await sql`update merch.rms_batch_status set costing_batch_running_ind = 'Y'`.execute(tx)
        throw new Error('never mind')
      }),
    ).rejects.toThrow('never mind')
  })
  expect(entries).toEqual([])
})

test('secrets are told as set and changed; what they are appears nowhere', async () => {
  const secrets = Array.from({ length: 6 }, PLANTED)
  const [apikey, again, password, clientSecret] = secrets
  const signing = `whsec_${Buffer.from(secrets[4]!).toString('base64')}`
  const credential = (fields: object) => send('PUT', `${OPERATIONS}/webhook/credential/manage`, fields)
  const listener = (more: object) =>
    send('PUT', `${OPERATIONS}/webhooks/manage`, {
      collectionSize: 1,
      items: [{ service: 'bench/a', listenerName: 'secretive', ...more }],
    })
  const entries = await logged(async () => {
    const oauth = {
      oauthClientId: 'me',
      oauthTokenUrl: 'https://id.example/token',
      oauthClientSecret: clientSecret,
    }
    for (const answer of [
      await credential({ credentialName: 'K', credentialType: 'APIKEY', apikey }),
      await credential({ credentialName: 'K', apikey: again }),
      await credential({ credentialName: 'K', apikey: again, heartbeatIntervalHours: 3 }),
      await credential({ credentialName: 'B', credentialType: 'BASICAUTH', username: 'u', password }),
      await credential({ credentialName: 'O', credentialType: 'OAUTH', ...oauth }),
      await listener({ credentialName: 'K', listenerUrl: 'https://a.example/', signingSecret: signing }),
      await listener({ signingSecret: 'GENERATE' }),
      await listener({ signingSecret: ' ' }),
      await listener({ deleteInd: 'Y' }),
    ]) {
      expect([answer.status, answer.text]).toMatchObject([200, expect.anything()])
      const made = answer.body.signingSecrets as { signingSecret: string }[] | undefined
      if (made) secrets.push(made[0]!.signingSecret.replace('whsec_', ''))
    }
  })
  expect(secrets).toHaveLength(7)
  expect(entries.map(({ after }) => after?.['secret'] ?? after?.['signing_secret'])).toEqual([
    ...['set', 'changed', undefined, 'set', 'set', 'set', 'changed', null, undefined],
  ])
  expect(entries.at(-2)).toMatchObject({ before: { signing_secret: 'set' }, after: { signing_secret: null } })
  const everything = JSON.stringify(entries)
  for (const secret of secrets) {
    for (const form of [
      secret,
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('hex'),
    ]) {
      expect(everything).not.toContain(form)
    }
  }
})

test('the engine leaves no entry as it works; that it disables a listener it logs as the engine', async () => {
  const target = await receiver()
  const feed = await makeFeed(database.db, 'bench/engine')
  await feed.put(['1', '2', '3'])
  const listener = { listener_name: 'worked', service: 'bench/engine', include_payload: true, page_limit: 1 }
  await addListener(database.db, { ...listener, listener_url: target.url })
  const since = async () =>
    (await database.run(`select since_timestamp::text as at from sincewire.listener`))[0]!['at']
  await startEngine(database)
  const working = await logged(() => eventually(async () => (await since()) !== '1970-01-01 00:00:00+00'))
  expect(working).toEqual([])
  const reset = await logged(() =>
    database.run(
      `update sincewire.listener set since_timestamp = '2020-01-01Z' where listener_name = 'worked'`,
    ),
  )
  expect(reset).toMatchObject([{ via: 'sql', after: { since_timestamp: '2020-01-01T00:00:00+00:00' } }])
  const gone = await logged(async () => {
    target.answer({ status: 410 })
    await feed.put(['4'])
    await eventually(async () => {
      const rows = await database.run(
        `select from sincewire.listener where listener_name = 'worked' and not enabled`,
      )
      return rows.length === 1
    })
  })
  expect(gone).toMatchObject([
    {
      actor: 'engine',
      via: 'engine',
      object_name: 'worked',
      before: { enabled: true },
      after: { enabled: false },
    },
  ])
})

test('nobody changes an entry or takes one away, the superuser neither; a prune says that it was', async () => {
  await database.run(`update merch.rms_batch_status set batch_start_warning_ind = 'Y'`)
  for (const attempt of [
    `update sincewire.change_log set actor = 'nobody'`,
    `delete from sincewire.change_log`,
    `truncate sincewire.change_log`,
    `set session_replication_role = replica; delete from sincewire.change_log`,
  ]) {
    await expect(database.run(attempt)).rejects.toThrow('the log of changes can only be added to')
  }
  const own = `begin; update merch.rms_batch_status set batch_start_warning_ind = 'N'; commit;
    update sincewire.change_log set actor = 'nobody' where xid < pg_current_xact_id()`
  await expect(database.run(own)).rejects.toThrow('can only be added to')
  const [pruned, ...more] = await logged(() => database.run(`select sincewire.prune_changes('0')`))
  expect([pruned && subject(pruned), more]).toEqual(['PRUNE changes', []])
  expect(await database.run('select count(*)::int as n from sincewire.change_log')).toEqual([{ n: 1 }])
})

test('who follows is told every change once, in whatever order transactions end', async () => {
  const slow = new pg.Client({ connectionString: database.url })
  await slow.connect()
  cleanUp(() => slow.end())
  await slow.query(`begin; update merch.b8d_process_config set num_threads = 3 where job_name = 'prune'`)
  const told: string[] = []
  const stop = new AbortController()
  const following = followChanges(
    database.db,
    { ...EVERY_CHANGE, objectKind: 'job' },
    {
      now: await startFollowing(database.db),
      signal: stop.signal,
      tell: ({ objectName }) => void told.push(objectName),
    },
  )
  const fast = (n: number) =>
    database.run(`update merch.b8d_process_config set num_threads = ${n} where job_name = 'refresh'`)
  await fast(11)
  await eventually(() => told.length === 1)
  await slow.query('commit')
  await eventually(() => told.length === 2)
  await fast(12)
  await eventually(() => told.length === 3)
  stop.abort()
  await following
  expect(told).toEqual(['refresh', 'prune', 'refresh'])
})

test('the log is read over REST: by what is asked, a page at a time, the latest first', async () => {
  const page = async (query: string) => {
    const answer = await get(query.startsWith('http') ? query : `${OPERATIONS}/changes?${query}`)
    return answer.body as {
      items: Record<string, unknown>[]
      hasMore: boolean
      links: { rel: string; href: string }[]
    }
  }
  await asChanger(person, async () => {
    for (const n of [21, 22, 23]) {
      await sql`update merch.b8d_process_config set num_threads = ${n} where job_name = 'prune'`.execute(
        database.db,
      )
    }
  })
  const first = await page('actor=ann&objectKind=job&objectName=prune&correlationId=c-1&limit=2')
  expect(first.items).toMatchObject([
    { operation: 'UPDATE', before: { num_threads: 22 }, after: { num_threads: 23 }, address: '192.0.2.1' },
    { before: { num_threads: 21 }, after: { num_threads: 22 } },
  ])
  const next = await page(first.links.find(({ rel }) => rel === 'next')!.href)
  expect(next).toMatchObject({ items: [{ after: { num_threads: 21 } }], hasMore: false })
  const [, { changedAt }] = first.items as [object, { changedAt: string }]
  const later = new Date(Date.parse(changedAt) + 1).toISOString()
  expect((await page(`actor=ann&objectName=prune&since=${later}`)).items.length).toBeLessThan(3)
  expect((await page(`actor=ann&objectName=prune&before=2020-01-01T00:00:00.000Z`)).items).toEqual([])
  for (const wrong of ['since=yesterday', 'limit=0', 'limit=1001', 'offsetkey=x', 'colour=red', 'actor=']) {
    expect([wrong, (await get(`${OPERATIONS}/changes?${wrong}`)).status]).toEqual([wrong, 400])
  }
})
