import { REPEATS } from '../faults.ts'
import type { Member } from '../member.ts'
import type { Trouble } from '../scenario.ts'
import type { World } from '../world.ts'

/** Longer than the ten seconds after which pg-boss gives a silent process's jobs away. */
export const FROZEN_MILLISECONDS = 12_500

/** kill -9 of these, at a moment that the dice choose among the next arrivals. */
export async function kill(world: World, members: readonly Member[], kind: string): Promise<void> {
  await world.arrivals.more(world.between(0, 20), 3000)
  const over = world.faults.begin(kind)
  await Promise.all(members.map((member) => member.kill()))
  over()
  // Those that are left go on without it, if there are any.
  await world.arrivals.more(world.between(1, 20), 2000)
  await Promise.all(members.map((member) => member.start()))
}

/** kill -9 of every process there is, PostgreSQL's too; all come back, in whatever order. */
async function killAll(world: World): Promise<void> {
  await world.arrivals.more(world.between(0, 20), 3000)
  const over = world.faults.begin('everything killed', REPEATS.forgotten)
  await Promise.all([world.postgres.kill(), ...world.members.map((member) => member.kill())])
  await Promise.all([world.postgres.start(), ...world.members.map((member) => member.start())])
  over()
}

/** SIGSTOP of these, until the others have taken over their work; then they wake and do not know. */
export async function freeze(world: World, members: readonly Member[], kind: string): Promise<void> {
  await world.arrivals.more(world.between(0, 20), 3000)
  const over = world.faults.begin(kind, REPEATS.away)
  for (const member of members) member.freeze()
  await new Promise((resolve) => setTimeout(resolve, FROZEN_MILLISECONDS))
  for (const member of members) member.resume()
  over()
}

const STRIKES: readonly ((world: World) => Promise<void>)[] = [
  (world) => kill(world, [world.pick(world.engines)], 'engine killed'),
  (world) => kill(world, [world.pick(world.engines)], 'engine killed'),
  (world) => kill(world, world.engines.slice(1), 'engines killed'),
  (world) => kill(world, [world.api], 'api killed'),
  (world) => kill(world, world.members, 'service killed'),
  killAll,
  (world) => freeze(world, world.engines.slice(1), 'engines frozen'),
  (world) => freeze(world, [world.api], 'api frozen'),
  (world) => freeze(world, world.members, 'service frozen'),
]

export const engines: Trouble = {
  name: 'engines',
  title: 'processes of the service are killed and frozen, and everything at once',
  world: { engines: 3 },
  strike: (world) => world.deal(STRIKES)(world),
}
