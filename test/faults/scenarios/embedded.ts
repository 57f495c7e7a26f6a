import { REPEATS } from '../faults.ts'
import type { Trouble } from '../scenario.ts'
import type { World } from '../world.ts'
import { freezePostgres } from './database.ts'
import { freeze, kill } from './engines.ts'

/** Its postmaster is killed; the service ends, and whoever watches over it starts it again. */
async function killServer(world: World): Promise<void> {
  await world.arrivals.more(world.between(0, 20), 3000)
  const over = world.faults.begin('PostgreSQL killed', REPEATS.forgotten)
  await world.postgres.kill()
  await world.api.start()
  over()
}

async function killBoth(world: World): Promise<void> {
  await world.arrivals.more(world.between(0, 20), 3000)
  const over = world.faults.begin('both killed', REPEATS.forgotten)
  await Promise.all([world.postgres.kill(), world.api.kill()])
  await world.api.start()
  over()
}

const STRIKES: readonly ((world: World) => Promise<void>)[] = [
  (world) => kill(world, [world.api], 'service killed'),
  killServer,
  killBoth,
  (world) => freeze(world, [world.api], 'service frozen'),
  freezePostgres,
]

export const embedded: Trouble = {
  name: 'embedded',
  title:
    'a service with the PostgreSQL that it brings: one of them, the other, or both are killed and frozen',
  world: { embedded: true },
  strike: (world) => world.deal(STRIKES)(world),
}
