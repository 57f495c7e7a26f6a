import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { openPool } from '../../src/db/pool.ts'
import { ENGINE_LOCK_CLASS, freeOrphans, lookAround } from '../../src/db/sweep.ts'
import { takeTick } from '../../src/db/tick.ts'
import { reserveTurns, takeTurn } from '../../src/db/turn.ts'
import { addMillis } from '../../src/domain/instant.ts'
import { addListener, makeFeed } from '../support/engine.ts'
import { cleanUp, eventually, testDatabase } from '../support/index.ts'

const database = await testDatabase()
const { db } = database

async function listener(name: string): Promise<string> {
  await makeFeed(db, name)
  await addListener(db, { listener_name: name, service: name, listener_url: 'https://receiver.example' })
  return name
}

const edgeOf = async (service: string) => (await takeTick(db)).get(service)!

const turnOf = (name: string) => ({
  ...{ listenerName: name, service: name, token: randomUUID(), job: randomUUID() },
  ...{ queue: 'turn', engine: 1 },
})

test('a window that waited for its first turn is taken up to the last tick; once a turn has had it, it stays', async () => {
  const name = await listener('waited')
  const opened = await edgeOf(name)
  await sql`update sincewire.listener set window_begun = false, before_timestamp = ${opened.at}::timestamptz,
    before_floor = ${opened.floor}::timestamptz where listener_name = ${name}`.execute(db)
  const [later, latest] = [await edgeOf(name), await edgeOf(name)]

  const unknown = { ...latest, at: addMillis(latest.at, 3_600_000) } // e.g. forgotten in a failover
  const asItWas = await db.transaction().execute(async (tx) => {
    const row = await takeTurn(tx, turnOf(name), unknown)
    await sql`update sincewire.listener set window_begun = false where listener_name = ${name}`.execute(tx)
    return row
  })
  expect(asItWas?.listener.before?.at).toBe(opened.at)

  expect((await takeTurn(db, turnOf(name), later))?.listener.before).toEqual(later)
  expect((await takeTurn(db, turnOf(name), latest))?.listener.before).toEqual(later)
})

test('a turn that was fetched and not begun is free as soon as its process has no connection left', async () => {
  const name = await listener('fetched')
  const engine = 4711
  const lock = [ENGINE_LOCK_CLASS, engine] as const
  const connections = [1, 2].map(() =>
    openPool({ url: database.url, max: 1, min: 1, applicationName: 'engine', sharedLock: lock }),
  )
  for (const { db, close } of connections) {
    await sql`select`.execute(db)
    cleanUp(close)
  }
  await freeOrphans(db) // of the other test
  const job = randomUUID()
  await reserveTurns(db, engine, [{ id: job, listenerName: name, queue: 'turn' }])
  expect((await lookAround(db)).orphans).toBe(false)
  await connections[0]!.close()
  expect((await lookAround(db)).orphans).toBe(false)
  await connections[1]!.close()
  await eventually(async () => (await lookAround(db)).orphans) // PostgreSQL ends a session a little later than we do
  expect(await freeOrphans(db)).toEqual([{ queue: 'turn', job }])
})
