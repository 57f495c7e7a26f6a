import { join } from 'node:path'
import { eventually } from '../../support/eventually.ts'
import { REPEATS } from '../faults.ts'
import { Postgres } from '../postgres.ts'
import type { Trouble } from '../scenario.ts'
import type { World } from '../world.ts'

const replicas = new WeakMap<World, Postgres>()

/** A streaming replica, and a primary that commits nothing before the replica has it. */
async function attachReplica(world: World): Promise<void> {
  const primary = world.postgres
  if (!(primary instanceof Postgres)) throw new Error('the embedded one has no replica')
  await world.api.kill()
  await primary.stop()
  const replica = primary.copy(join(world.folder, `replica-${Date.now()}`))
  await primary.start()
  replica.follow(primary.port)
  await replica.start()
  world.defer(() => replica.stop())
  replicas.set(world, replica)
  await primary.run('postgres', `alter system set synchronous_standby_names = '*'`)
  await primary.run('postgres', 'select pg_reload_conf()')
  await eventually(async () => {
    const rows = await primary.run('postgres', `select from pg_stat_replication where sync_state = 'sync'`)
    return rows.length === 1
  })
  await world.api.start()
}

/** kill -9 of the primary; the replica takes its place. Once: after that there is no other. */
async function failOver(world: World): Promise<void> {
  const replica = replicas.get(world)
  if (!replica) {
    await world.arrivals.more(10, 2000)
    return
  }
  replicas.delete(world)
  const over = world.faults.begin('failover', REPEATS.forgotten)
  await world.postgres.kill()
  await replica.run('postgres', 'select pg_promote(true, 30)')
  await replica.run('postgres', `alter system reset synchronous_standby_names`)
  await replica.run('postgres', 'select pg_reload_conf()')
  world.postgres = replica
  world.front.cut()
  world.line.cut()
  over()
}

export const failover: Trouble = {
  name: 'failover',
  title: 'the primary is killed and a synchronous streaming replica takes its place',
  world: { beforeServices: attachReplica },
  async strike(world) {
    await world.arrivals.more(world.between(100, 300), 8000)
    await failOver(world)
  },
}
