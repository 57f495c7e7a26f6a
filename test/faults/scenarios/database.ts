import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { REPEATS } from '../faults.ts'
import type { Trouble } from '../scenario.ts'
import type { World } from '../world.ts'
import { FROZEN_MILLISECONDS } from './engines.ts'

/** kill -9 of the postmaster, and a start by whoever watches over it. */
export async function killPostgres(world: World): Promise<void> {
  await world.arrivals.more(world.between(0, 20), 3000)
  const over = world.faults.begin('PostgreSQL killed', REPEATS.forgotten)
  await world.postgres.kill()
  await delay(world.between(0, 1500)) // away
  await world.postgres.start()
  over()
}

/** SIGSTOP of the postmaster and all its children, for longer than any lease. */
export async function freezePostgres(world: World): Promise<void> {
  await world.arrivals.more(world.between(0, 20), 3000)
  const over = world.faults.begin('PostgreSQL frozen', REPEATS.away)
  world.postgres.freeze()
  await delay(FROZEN_MILLISECONDS)
  world.postgres.resume()
  over()
}

/** Somebody takes every connection there is, and ours break: who wants one again is refused. */
async function takeConnections(world: World): Promise<void> {
  const over = world.faults.begin('connections exhausted', REPEATS.away)
  const taken: pg.Client[] = []
  const end = performance.now() + world.between(1000, 4000)
  let cut = false
  while (performance.now() < end) {
    const client = new pg.Client({ connectionString: world.postgres.url('sincewire') })
    client.on('error', () => {})
    const connected = await client.connect().then(
      () => taken.push(client) > 0,
      () => false,
    )
    if (!connected && !cut) world.line.cut()
    cut ||= !connected
    if (!connected) await delay(20)
  }
  await Promise.all(taken.map((client) => client.end().catch(() => {})))
  over()
}

/** pg_terminate_backend of sessions, as a nervous administrator does. */
export async function terminateSessions(world: World): Promise<void> {
  const over = world.faults.begin('sessions terminated', REPEATS.away)
  const share = world.pick([0.1, 0.4, 1])
  await world.postgres.run(
    'sincewire',
    `select pg_terminate_backend(pid) from pg_stat_activity
     where backend_type = 'client backend' and pid <> pg_backend_pid() and random() < ${share}`,
  )
  over()
}

/** A setting of the whole server for a while, e.g. read-only. */
async function setting(world: World, kind: string, name: string, value: string): Promise<void> {
  const over = world.faults.begin(kind)
  await world.postgres.run('postgres', `alter system set ${name} = '${value}'`)
  await world.postgres.run('postgres', 'select pg_reload_conf()')
  await delay(world.between(500, 4000))
  await world.postgres.run('postgres', `alter system reset ${name}`)
  await world.postgres.run('postgres', 'select pg_reload_conf()')
  over()
}

/** Someone holds a lock on one of our tables, or writes a change table and takes his time. */
async function holdTransaction(world: World, kind: string, work: string): Promise<void> {
  const client = new pg.Client({ connectionString: world.postgres.url('sincewire') })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query(`set lock_timeout = '5s'`)
    await client.query(`begin; ${work}`)
    const over = world.faults.begin(kind, REPEATS.none)
    await delay(world.between(1000, 5000))
    await client.query(world.random() < 0.5 ? 'commit' : 'rollback')
    over()
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error // the writers were in the way: no fault this time
  } finally {
    await client.end()
  }
}

const LONG_WRITE = `
  update shop.account set balance = balance + 1 where id in (select id from shop.account order by id limit 5);
  insert into shop.purchase_line (region, no, item, quantity) values ('EU', 1, 'slow', 1)`

const STRIKES: readonly ((world: World) => Promise<void>)[] = [
  killPostgres,
  killPostgres,
  freezePostgres,
  takeConnections,
  terminateSessions,
  terminateSessions,
  (world) => setting(world, 'statements time out', 'statement_timeout', '3ms'),
  (world) => setting(world, 'locks time out', 'lock_timeout', '1ms'),
  (world) => setting(world, 'read-only database', 'default_transaction_read_only', 'on'),
  (world) => holdTransaction(world, 'listeners locked', 'lock table sincewire.listener in share mode'),
  (world) => holdTransaction(world, 'ticks locked', 'select from sincewire.tick_state for update'),
  (world) => holdTransaction(world, 'long writer', LONG_WRITE),
]

export const database: Trouble = {
  name: 'database',
  title:
    'PostgreSQL is killed and frozen, sessions end, connections run out, statements time out, nothing can be written, locks are held',
  strike: (world) => world.deal(STRIKES)(world),
}
