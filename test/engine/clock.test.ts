import { expect, test } from 'vitest'
import { addListener, makeFeed, startEngine } from '../support/engine.ts'
import { receiver, testDatabase, type Call } from '../support/index.ts'

const database = await testDatabase()
const { db } = database
await startEngine(database)

/** What the database holds, as it were had its clock been an hour ahead until now. */
const AN_HOUR_AHEAD = `begin;
  select from sincewire.tick_state for update;
  update sincewire.tick_state set last_before = clock_timestamp() + interval '1 hour';
  select setval('sincewire.tick_clock', (extract(epoch from last_before) * 1000000)::bigint) from sincewire.tick_state;
  update sincewire.listener set next_heartbeat_at = next_heartbeat_at + interval '1 hour';
  update sincewire.schedule set due_at = due_at + interval '1 hour', next_poll_at = next_poll_at + interval '1 hour';
  commit`

test('a clock that steps back an hour puts nothing off: listeners are polled, those on hold are probed', async () => {
  const feed = await makeFeed(db, 'clock')
  const sink = await receiver()
  const [well, held] = ['/well', '/held']
  let holding = true
  sink.answer((call) => (call.url === held && holding ? { status: 400 } : {}))
  for (const name of [well, held]) {
    await addListener(db, {
      ...{ listener_name: name, service: feed.service, listener_url: sink.url + name, include_payload: true },
    })
  }
  await sink.waitFor((calls) => [well, held].every((name) => calls.some(({ url }) => url === name)))
  await database.run(AN_HOUR_AHEAD)
  holding = false
  await feed.put(['1'])
  const published = (calls: readonly Call[]) =>
    new Set(calls.filter(({ body }) => body.includes('"type":"PAYLOAD"')).map(({ url }) => url))
  const calls = await sink.waitFor((all) => published(all).size === 2)
  expect(published(calls)).toEqual(new Set([well, held]))
})
