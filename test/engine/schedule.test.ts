import fc from 'fast-check'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { toListener, type ListenerRow } from '../../src/db/listener.ts'
import { claimDue } from '../../src/db/sweep.ts'
import { addMillis, type Instant } from '../../src/domain/instant.ts'
import { pollListener } from '../../src/domain/poll.ts'
import { onHold } from '../../src/domain/step.ts'
import { plainEdge } from '../../src/domain/window.ts'
import { addListener, makeFeed } from '../support/engine.ts'
import { testDatabase } from '../support/index.ts'

const database = await testDatabase()
const { db } = database

const SECOND = 1000
/** Seconds from now, never so near that the moment of the look decides. */
const moment = fc.constantFrom(-86_400, -900, -60, 60, 900, 86_400)

type State = typeof anyState extends fc.Arbitrary<infer T> ? T : never

const anyState = fc.record({
  enabled: fc.constantFrom(true, true, true, false),
  published: fc.constantFrom('test/some', 'test/none', 'test/off'),
  interval_seconds: fc.constantFrom(300, 900),
  failures: fc.constantFrom(0, 0, 0, 3),
  proven_revision: fc.constantFrom(null, 0, 0, 0),
  window: fc.constantFrom(false, false, false, true),
  turn: fc.constantFrom(null, null, null, 'queued', 'running'),
  since: fc.constantFrom(-600, 600),
  poll: moment,
  heartbeat: moment,
  due: moment,
})

test('the statement that puts idle listeners off decides as the rule for a claimed listener does', async () => {
  const [some, , off] = [
    await makeFeed(db, 'test/some'),
    await makeFeed(db, 'test/none'),
    await makeFeed(db, 'test/off'),
  ]
  await some.put(['1'])
  await off.put(['1'])
  await sql`update sincewire.merchapi_config set enabled = merchapi_name <> 'test/off'`.execute(db)
  await register(fc.sample(anyState, { numRuns: 5000, seed: 1 }))
  const before = await stand()

  const { rows } = await sql<{ now: Instant; due: number; idle: number }>`
    select statement_timestamp() as now, p.* from sincewire.put_off_idle(10000) p`.execute(db)
  const [{ now, due, idle } = { now: '', due: 0, idle: 0 }] = rows
  const after = await stand()

  let putOff = 0
  for (const [name, { listener, inTurn, queue, dueAt }] of before) {
    const news = listener.service === 'test/some' && listener.since.floor < now
    const poll = pollListener(listener, { now, woken: false, before: plainEdge(now) }, news)
    const rests = dueAt <= now && !inTurn && queue === null && !onHold(listener) && !poll.turn
    const expected = !listener.enabled
      ? { dueAt: dueAt <= now ? addMillis(now, 86_400 * SECOND) : dueAt }
      : rests
        ? { dueAt: poll.dueAt, nextPollAt: poll.nextPollAt }
        : { dueAt, nextPollAt: listener.nextPollAt }
    const found = after.get(name)!
    expect({ name, dueAt: found.dueAt, nextPollAt: found.listener.nextPollAt }).toMatchObject(expected)
    if (found.dueAt !== dueAt) putOff += 1
  }
  expect(due).toBe([...before.values()].filter(({ dueAt }) => dueAt <= now).length)
  expect(idle).toBe(putOff)
  // What is left is what the sweep claims, and there is enough of both.
  const left = [...after.values()].filter(({ dueAt }) => dueAt <= now)
  const claimed = await db.transaction().execute((tx) => claimDue(tx, 10_000))
  expect(claimed.rows.map(({ listener }) => listener.listenerName).toSorted()).toEqual(
    left.map(({ listener }) => listener.listenerName).toSorted(),
  )
  expect(Math.min(putOff, left.length)).toBeGreaterThan(500)
})

/** Listeners named 0, 1, 2, ... in these states. */
async function register(states: readonly State[]): Promise<void> {
  // Its credential is what counts.
  await addListener(db, { listener_name: 'x', service: 'test/some', listener_url: 'https://example.com' })
  await sql`
    with x as (delete from sincewire.listener returning credential_name, listener_url),
    state as (
      select ordinality - 1 as i, r.* from rows from (
        jsonb_to_recordset(${JSON.stringify(states)}::jsonb) as (enabled boolean, published text, interval_seconds int,
          failures int, proven_revision int, "window" boolean, turn text, since int, poll int, heartbeat int, due int)
      ) with ordinality r
    ), registered as (
      insert into sincewire.listener (listener_name, uid, service, credential_name, listener_url, enabled, interval_seconds,
        failures, proven_revision, before_timestamp, before_floor, turn_queue, turn_engine, since_timestamp, since_floor,
        next_heartbeat_at)
      select i, gen_random_uuid(), published, credential_name, listener_url, enabled, interval_seconds,
        failures, proven_revision, b.before, b.before, case when turn is not null then 'turn' end,
        case when turn = 'running' then 1 end, now() + since * interval '1 second', now() + since * interval '1 second',
        now() + heartbeat * interval '1 second'
      from state, x, lateral (select case when "window" then now() end) b(before)
    )
    insert into sincewire.schedule (listener_name, due_at, next_poll_at)
    select i, now() + due * interval '1 second', now() + poll * interval '1 second' from state`.execute(db)
}

async function stand() {
  const { rows } = await sql<ListenerRow & { due_at: Instant }>`
    select l.*, s.due_at, s.next_poll_at from sincewire.listener l join sincewire.schedule s using (listener_name)`.execute(
    db,
  )
  return new Map(
    rows.map((row) => [
      row.listener_name,
      {
        listener: toListener(row),
        inTurn: row.turn_engine !== null,
        queue: row.turn_queue,
        dueAt: row.due_at,
      },
    ]),
  )
}
