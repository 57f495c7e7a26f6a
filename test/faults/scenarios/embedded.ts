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

export const embedded: Trouble = {
  name: 'embedded',
  title:
    'a service with the PostgreSQL that it brings: one of them, the other, or both are killed and frozen',
  world: { embedded: true },
  async strike(world) {
    const draw = world.random()
    if (draw < 0.3) await kill(world, [world.api], 'service killed')
    else if (draw < 0.6) await killServer(world)
    else if (draw < 0.8) await killBoth(world)
    else if (draw < 0.9) await freeze(world, [world.api], 'service frozen')
    else await freezePostgres(world)
  },
}
