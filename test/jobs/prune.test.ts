import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { captureTable } from '../../src/services/capture/index.ts'
import { prune, type Retention } from '../../src/services/prune/run.ts'
import { OPERATIONS, serveAll } from '../administration/harness.ts'
import { records } from '../capture/support.ts'
import { anyCredential, put } from '../support/api.ts'
import { addListener } from '../support/engine.ts'
import { testDatabase } from '../support/index.ts'

const database = await testDatabase()
const { db } = database
const service = 'shelf'
const { get, url } = await serveAll(database, { 'targets.allowHttp': ['127.0.0.1'] })
const retention: Retention = {
  ...{ attemptDays: 14, auditDays: 30, tickDays: 7, historyDays: 30, requestDays: 30 },
  ...{ tombstoneDays: 30, tombstonesDespiteListeners: false },
}
const stones = async () =>
  [...(await records(database, service))].flatMap(([key, { deleted }]) => (deleted ? [key] : [])).sort()
const pull = (since: string) => get(`/MerchIntegrations/services/${service}?since=${since}`)

beforeAll(async () => {
  await database.run('create table public.shelf (id int primary key)')
  await captureTable(db, { service, table: 'public.shelf', key: ['id'] })
})

/** Live: 1 to 3. Deleted: 4 to 6 forty, fifty and sixty days ago, 7 just now. */
beforeEach(async () => {
  await database.run(`delete from sincewire.listener; delete from public.shelf; delete from sincewire_feed.shelf;
    update sincewire.merchapi_config set pruned_before = null, pruned_up_to = null;
    insert into public.shelf select generate_series(1, 7); delete from public.shelf where id >= 4;
    alter table sincewire_feed.shelf disable trigger stamp_change;
    update sincewire_feed.shelf set changed_at = now() - make_interval(days => key::int * 10), deleted_at = now() - make_interval(days => key::int * 10)
    where key in ('4', '5', '6');
    update sincewire_feed.shelf set changed_at = now() - interval '90 days' where key in ('1', '2', '3');
    alter table sincewire_feed.shelf enable always trigger stamp_change`)
})

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString()

describe('old deleted records', () => {
  test('go when they are older than the setting, in chunks, and live ones stay', async () => {
    await database.run(
      `update merch.b8d_process_config set commit_max_ctr = 1, num_data_to_process = 2 where job_name = 'prune'`,
    )
    expect((await prune(db, retention)).tombstones).toBe(2)
    expect((await prune(db, retention)).tombstones).toBe(1)
    expect((await prune(db, retention)).tombstones).toBe(0)
    expect([...(await records(database, service)).keys()].sort()).toEqual(['1', '2', '3', '7'])
    await database.run(
      `update merch.b8d_process_config set commit_max_ctr = 10000, num_data_to_process = 1000000 where job_name = 'prune'`,
    )
  })

  test('stay while a listener, even one that is disabled, has not passed them, unless told', async () => {
    await addListener(db, { listener_name: 'slow', service, listener_url: 'http://127.0.0.1/' })
    await database.run(
      `update sincewire.listener set enabled = false, since_timestamp = now() - interval '45 days', since_floor = now() - interval '45 days'`,
    )
    expect((await prune(db, retention)).tombstones).toBe(2)
    expect(await stones()).toEqual(['4', '7'])
    expect((await prune(db, { ...retention, tombstonesDespiteListeners: true })).tombstones).toBe(1)
    expect(await stones()).toEqual(['7'])
  })

  test('stay for a listener that starts in 1970 and has sent nothing yet', async () => {
    await addListener(db, { listener_name: 'new', service, listener_url: 'http://127.0.0.1/' })
    expect((await prune(db, retention)).tombstones).toBe(0)
    await database.run('delete from sincewire.listener')
    expect((await prune(db, retention)).tombstones).toBe(3)
  })
})

describe('after deleted records were pruned', () => {
  beforeEach(() => prune(db, retention))

  test('a pull since before the last of them is told so instead of missing deletes', async () => {
    for (const days of [100, 41]) {
      const answer = await pull(daysAgo(days))
      expect(answer.status).toBe(400)
      expect(answer.body.validationErrors).toEqual([
        {
          field: 'since',
          inputValue: expect.any(String),
          error: expect.stringMatching(/^lies before .*Z: deletes up to then have been pruned/),
        },
      ])
    }
    const later = await pull(daysAgo(39))
    expect([
      later.status,
      later.body.items.map((item: { id: number; action: string }) => `${item.action} ${item.id}`),
    ]).toEqual([200, ['DELETE 7']])
  })

  test('a full download, which starts from an empty copy, goes on', async () => {
    for (const place of [service, `${service}?since=1970-01-01T00:00:00.000Z`]) {
      const answer = await get(`/MerchIntegrations/services/${place}`)
      expect([answer.status, answer.body.count]).toEqual([200, 4])
    }
  })

  test('a listener cannot be set to a since before the last of them, only to 1970 or later', async () => {
    const credentialName = await anyCredential(url)
    const manage = (sinceTimestamp: string) =>
      put(url, 'webhooks/manage', {
        collectionSize: 1,
        items: [{ service, credentialName, listenerUrl: 'http://127.0.0.1/x', enabled: 'N', sinceTimestamp }],
      })
    const refused = await manage(daysAgo(41))
    expect([refused.status, refused.body['businessError']]).toEqual([
      400,
      [{ service, errorMessage: expect.stringContaining('sinceTimestamp lies before') }],
    ])
    expect((await manage('1970-01-01T00:00:00.000Z')).status).toBe(200)
    expect((await manage(daysAgo(39))).status).toBe(200)
    expect((await get(`${OPERATIONS}/webhooks?service=${service}`)).body.items[0].sinceTimestamp).toMatch(
      /Z$/,
    )
  })
})

test('history and finished requests go after their days; requests stay while archiveInd of refresh is Y', async () => {
  await database.run(`
    insert into sincewire.delta_history (service, log_id, key, logged_at, processed_at)
      select 'shelf', g, g::text, now() - make_interval(days => g), now() - make_interval(days => g) from generate_series(1, 60) g;
    insert into sincewire.refresh_request (service, action, republish, status, finished_at)
      select 'shelf', 'ENABLE', 'NONE', 'DONE', now() - make_interval(days => g) from generate_series(1, 60) g;
    update merch.b8d_process_config set archive_ind = 'Y' where job_name = 'refresh'`)
  expect(await prune(db, retention)).toMatchObject({ history: 31, requests: 0 })
  await database.run(`update merch.b8d_process_config set archive_ind = 'N' where job_name = 'refresh'`)
  expect(await prune(db, retention)).toMatchObject({ history: 0, requests: 31 })
})
