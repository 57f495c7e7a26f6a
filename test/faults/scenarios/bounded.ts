import { enableAll } from '../heal.ts'
import type { Trouble } from '../scenario.ts'
import type { World } from '../world.ts'
import { killPostgres, terminateSessions } from './database.ts'
import { kill } from './engines.ts'
import { cutOnce } from './network.ts'
import { badManners, outage } from './receivers.ts'

const STRIKES: readonly ((world: World) => Promise<void> | void)[] = [
  (world) => kill(world, world.engines.slice(1), 'engine killed'),
  killPostgres,
  outage,
  (world) => kill(world, [world.api], 'api killed'),
  terminateSessions,
  cutOnce,
]

const next = new WeakMap<World, number>()

/** Of everything one, in turn, while receivers misbehave: what every change of ours must survive (npm test). */
export const bounded: Trouble = {
  name: 'bounded',
  title: 'a little of everything, the part of npm test',
  world: { engines: 2, pageLimits: [3, 1000] },
  async strike(world) {
    world.manner = badManners(15)
    const turn = next.get(world) ?? 0
    next.set(world, turn + 1)
    await STRIKES[turn % STRIKES.length]!(world)
    await enableAll(world)
  },
}
