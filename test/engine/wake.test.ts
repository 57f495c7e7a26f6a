import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { addListener, makeFeed, startEngine } from '../support/engine.ts'
import { receiver, testDatabase } from '../support/index.ts'

const database = await testDatabase()
const { db } = database

interface Body extends Record<string, unknown> {
  readonly payload?: { readonly items: readonly { readonly id: string }[] }
}

test('no commit that wakes the engine is overlooked, whatever the engine is doing', async () => {
  // Only wake-ups can bring anything here: the interval is an hour, and a sweep without one a minute away.
  await startEngine(database, {
    'engine.wakeMaxIntervalSeconds': 3600,
    'engine.sweepIntervalMilliseconds': 60_000,
  })
  const feed = await makeFeed(db, 'test/wake', true)
  const sink = await receiver()
  const arrived = () =>
    sink.calls.flatMap((call) => call.json<Body>().payload?.items.map(({ id }) => id) ?? [])
  await addListener(db, {
    ...{ listener_name: 'woken', service: feed.service, listener_url: `${sink.url}/hook` },
    ...{ include_payload: true, interval_seconds: 3600 },
  })
  await sql`select pg_notify('sincewire_due', '')`.execute(db)
  await sink.waitFor((calls) => calls.length === 1)
  const commit = async (key: string) => {
    await feed.put([key])
    await sql`select pg_notify('sincewire_wake', ${feed.service})`.execute(db)
  }
  for (let round = 0; round < 60; round += 1) {
    // A second commit at another moment of the first one's delivery each time: before, during, at its answer.
    const delivery = sink.waitFor(() => arrived().includes(`${round} first`))
    await commit(`${round} first`)
    if (round % 3 === 1) await delivery
    if (round % 3 === 2) await database.run(`select pg_sleep(${(round % 20) / 1000})`)
    await commit(`${round} second`)
    await sink.waitFor(() => arrived().includes(`${round} second`))
  }
  expect(arrived().toSorted()).toEqual(
    Array.from({ length: 60 }, (_, round) => [`${round} first`, `${round} second`])
      .flat()
      .toSorted(),
  )
})
