import { eventually } from '../support/eventually.ts'
import { manageListener } from '../support/api.ts'
import { FEED_NAMES, truthOf, type Feed } from './feeds.ts'
import { GOOD } from './manners.ts'
import type { World } from './world.ts'

/** Everything that was done is undone: all that is left is what the faults have led to. */
export async function heal(world: World): Promise<void> {
  world.manner = () => GOOD
  world.line.weather = { kind: 'fair' }
  world.postgres.resume()
  if (!world.postgres.isUp) await world.postgres.start()
  await world.postgres.run('sincewire', 'alter system reset all')
  await world.postgres.run('sincewire', 'select pg_reload_conf()')
  for (const member of world.members) member.resume()
  await Promise.all([...world.members.map((m) => m.start()), ...world.receivers.map((r) => r.reopen())])
  await world.writers?.stop()
  await enableAll(world)
}

/** Enables the listeners that a 410 has disabled, over the API, as their operator would: until it works. */
export async function enableAll(world: World): Promise<void> {
  await eventually(async () => (await enable(world), true), 30_000, 100)
}

async function enable(world: World): Promise<void> {
  const disabled = await world.postgres.run(
    'sincewire',
    'select listener_name as "listenerName", service from sincewire.listener where not enabled',
  )
  for (const listener of disabled) await manageListener(world.apiUrl, { ...listener, enabled: 'Y' })
}

/** What a receiver does not hold as the tables do, when all that was due has been sent. */
export interface Settled {
  /** `listener key`, each. */
  readonly lost: readonly string[]
  /** Listeners with something still to send when the time was up. */
  readonly unsettled: readonly string[]
}

/** Waits until every receiver holds what the tables hold and nothing is left to send; then, or at the deadline, says what is missing. */
export async function settle(world: World, deadlineMs = 60_000): Promise<Settled> {
  const truth = new Map<Feed, Map<string, unknown>>()
  for (const feed of FEED_NAMES) truth.set(feed, await truthOf(world.postgres, feed))
  let settled: Settled = { lost: [], unsettled: [] }
  const look = async () => {
    const unsettled = await busy(world)
    settled = {
      unsettled: [...unsettled, ...world.receivers.filter((r) => !r.settled).map((r) => r.listenerName)],
      lost: world.receivers.flatMap(({ diary, listenerName }) =>
        diary.lost(truth.get(diary.feed)!).map((key) => `${listenerName}: ${key}`),
      ),
    }
    return settled.lost.length + settled.unsettled.length === 0
  }
  await eventually(look, deadlineMs, 100).catch(() => {}) // the verdict says it
  return settled
}

async function busy(world: World): Promise<string[]> {
  const rows = await world.postgres.run(
    'sincewire',
    `select listener_name from sincewire.listener
     where before_timestamp is not null or failures > 0 or turn_engine is not null or not enabled`,
  )
  return rows.map((row) => String(row['listener_name']))
}
