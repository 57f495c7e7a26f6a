import { expect, test } from 'vitest'
import { eventually, receiver, testDatabase } from '../support/index.ts'
import { addListener, makeFeed, startEngine } from '../support/engine.ts'

const database = await testDatabase()
const { db } = database
await startEngine(database)

interface Payload {
  type: string
  sinceTimestamp: string
  beforeTimestamp: string
  payload: { items: { id: string; action: string; value: number }[]; hasMore: boolean; count: number }
}

const keys = (n: number) => Array.from({ length: n }, (_, i) => String(i).padStart(5, '0'))

test('a listener gets a heartbeat first, then every record in pages, then changes as they come', async () => {
  const feed = await makeFeed(db, 'test/paged')
  await feed.put(keys(25))
  const sink = await receiver()
  await addListener(db, {
    listener_name: 'paged',
    service: feed.service,
    listener_url: `${sink.url}/hook`,
    include_payload: true,
    page_limit: 10,
  })
  const calls = await sink.waitFor((all) => all.length >= 4)
  expect(calls[0]!.json()['type']).toBe('HEARTBEAT')
  const pages = calls.slice(1, 4).map((call) => call.json<Payload & Record<string, unknown>>())
  expect(pages.map((page) => [page.payload.count, page.payload.hasMore])).toEqual([
    [10, true],
    [10, true],
    [5, false],
  ])
  expect(pages.flatMap((page) => page.payload.items.map((item) => item.id))).toEqual(keys(25))
  expect(new Set(pages.map((page) => page.beforeTimestamp)).size).toBe(1)
  expect(calls[1]!.headers['x-api-key']).toBe('test-key')

  await feed.put(['00003'], 2)
  await feed.remove(['00004'])
  await feed.put(['new'])
  const later = await sink.waitFor(
    (all) =>
      all.slice(4).flatMap((c) => c.json<Payload & Record<string, unknown>>().payload.items).length >= 3,
  )
  const items = later.slice(4).flatMap((call) => call.json<Payload & Record<string, unknown>>().payload.items)
  expect(items.map(({ id, action }) => [id, action])).toEqual([
    ['00003', 'UPDATE'],
    ['00004', 'DELETE'],
    ['new', 'INSERT'],
  ])
})

test('an EVENT names the window to pull and comes once for each', async () => {
  const feed = await makeFeed(db, 'test/event')
  await feed.put(keys(3))
  const sink = await receiver()
  await addListener(db, { listener_name: 'event', service: feed.service, listener_url: `${sink.url}/hook` })
  const calls = await sink.waitFor((all) => all.length >= 2)
  const event = calls[1]!.json<{
    type: string
    links: { href: string }[]
    sinceTimestamp: string
    beforeTimestamp: string
  }>()
  expect(event).toMatchObject({ type: 'EVENT', sinceTimestamp: '1970-01-01T00:00:00.000Z' })
  expect(event.links[0]!.href).toContain(
    `/MerchIntegrations/services/test/event?since=${event.sinceTimestamp}&before=${event.beforeTimestamp}`,
  )
  await feed.put(['00000'], 2)
  const more = await sink.waitFor((all) => all.length >= 3)
  expect(more[2]!.json()['sinceTimestamp']).toBe(event.beforeTimestamp)
})

test('nothing is sent and the since stays while there is nothing new', async () => {
  const feed = await makeFeed(db, 'test/idle')
  const sink = await receiver()
  await addListener(db, { listener_name: 'idle', service: feed.service, listener_url: `${sink.url}/hook` })
  await sink.waitFor((all) => all.length >= 1)
  const polled = async () =>
    await db
      .selectFrom('sincewire.listener as l')
      .innerJoin('sincewire.schedule as s', 's.listener_name', 'l.listener_name')
      .select(['s.next_poll_at', 'l.since_timestamp'])
      .where('l.listener_name', '=', 'idle')
      .executeTakeFirstOrThrow()
  const first = await polled()
  await eventually(async () => (await polled()).next_poll_at > first.next_poll_at)
  expect(sink.calls.map((call) => call.json()['type'])).toEqual(['HEARTBEAT'])
  expect((await polled()).since_timestamp).toBe('1970-01-01T00:00:00.000000Z')
})

test('a failing listener is held, probed with heartbeats only, and resumes at the page where it stopped', async () => {
  const feed = await makeFeed(db, 'test/held')
  await feed.put(keys(30))
  const sink = await receiver()
  let broken = false
  sink.answer((call) => {
    const body = call.json<Payload & Record<string, unknown>>()
    if (body.type === 'PAYLOAD' && body.payload.items[0]!.id === '00010' && !broken) broken = true
    return { status: broken ? 500 : 200 }
  })
  await addListener(db, {
    listener_name: 'held',
    service: feed.service,
    listener_url: `${sink.url}/hook`,
    include_payload: true,
    page_limit: 10,
  })
  const failed = await sink.waitFor((all) => all.filter((c) => c.json()['type'] === 'HEARTBEAT').length >= 3)
  // heartbeat, page 1, page 2 three times (in place), then nothing but heartbeats
  expect(failed.slice(0, 5).map((c) => c.json()['type'])).toEqual([
    'HEARTBEAT',
    'PAYLOAD',
    'PAYLOAD',
    'PAYLOAD',
    'PAYLOAD',
  ])
  expect(new Set(failed.slice(2, 5).map((c) => c.headers['webhook-id'])).size).toBe(1)
  expect(failed.slice(5).every((c) => c.json()['type'] === 'HEARTBEAT')).toBe(true)
  sink.answer({ status: 200 })
  const done = await sink.waitFor((all) =>
    all.some((c) => {
      const body = c.json<Payload & Record<string, unknown>>()
      return body.type === 'PAYLOAD' && !body.payload.hasMore
    }),
  )
  const pages = done
    .filter((c) => c.json()['type'] === 'PAYLOAD')
    .map((c) => c.json<Payload & Record<string, unknown>>().payload.items[0]!.id)
  expect(pages).toEqual(['00000', '00010', '00010', '00010', '00010', '00020'])
})

test('410 disables the listener and says why', async () => {
  const feed = await makeFeed(db, 'test/gone')
  const sink = await receiver()
  sink.answer({ status: 410 })
  await addListener(db, { listener_name: 'gone', service: feed.service, listener_url: `${sink.url}/hook` })
  const row = await eventually(async () => {
    const found = await db
      .selectFrom('sincewire.listener')
      .selectAll()
      .where('listener_name', '=', 'gone')
      .executeTakeFirstOrThrow()
    return !found.enabled && found
  })
  expect(row.disabled_reason).toContain('410')
  expect(sink.calls).toHaveLength(1)
})

test('a window whose records all changed before the first page makes no call and leaves the since', async () => {
  const feed = await makeFeed(db, 'test/left')
  await feed.put(keys(5))
  const sink = await receiver()
  const gate = sink.hold()
  await addListener(db, {
    ...{
      listener_name: 'left',
      service: feed.service,
      listener_url: `${sink.url}/hook`,
      include_payload: true,
    },
  })
  // The heartbeat is out, the window open behind it.
  await sink.waitFor((all) => all.length === 1)
  await feed.put(keys(5), 2)
  gate.release()
  const calls = await sink.waitFor((all) => all.length === 2)
  const page = calls[1]!.json<Payload & Record<string, unknown>>()
  expect(page.sinceTimestamp).toBe('1970-01-01T00:00:00.000Z')
  expect(page.payload.items.map(({ id, value }) => [id, value])).toEqual(keys(5).map((key) => [key, 2]))
})

test('a change table that somebody dropped stops nobody else', async () => {
  const lost = await makeFeed(db, 'test/lost')
  const feed = await makeFeed(db, 'test/kept')
  const sink = await receiver()
  for (const { service } of [lost, feed]) {
    await addListener(db, {
      listener_name: service,
      service,
      listener_url: `${sink.url}/${service}`,
      include_payload: true,
    })
  }
  await sink.waitFor((all) => all.length === 2)
  await database.run('drop table sincewire_feed.test_lost')
  await feed.put(['a'])
  const calls = await sink.waitFor((all) => all.length === 3)
  expect(calls[2]!.url).toBe('/test/kept')
})
