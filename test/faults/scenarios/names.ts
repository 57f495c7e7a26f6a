import { setTimeout as delay } from 'node:timers/promises'
import { NamesDoor } from '../doors/names.ts'
import { Lent } from '../lent.ts'
import type { Trouble } from '../scenario.ts'
import type { World } from '../world.ts'

const doors = new Lent<NamesDoor>()

/** The receivers move to another address, and their name after them, sooner or later. */
async function move(world: World): Promise<void> {
  const over = world.faults.begin('name moved')
  await Promise.all(world.receivers.map((receiver) => receiver.refuse()))
  doors.of(world).move()
  await delay(world.between(0, 1500))
  await Promise.all(world.receivers.map((receiver) => receiver.reopen()))
  over()
}

/** Names lead elsewhere for new connections only, so that those that are open break with it. */
async function lead(world: World, kind: string, elsewhere: (door: NamesDoor) => unknown): Promise<void> {
  const door = doors.of(world)
  const over = world.faults.begin(kind)
  await elsewhere(door)
  for (const receiver of world.receivers) receiver.hangUp()
  await delay(world.between(500, 3000))
  await door.leadHome()
  over()
}

const STRIKES: readonly ((world: World) => Promise<void>)[] = [
  move,
  (world) => lead(world, 'name gone', (door) => door.forget()),
  (world) => lead(world, 'name of two places, one dead', (door) => door.leadHome(true)),
  (world) =>
    lead(world, 'name leads astray', (door) => door.leadAstray(world.receivers.map(({ port }) => port))),
]

export const names: Trouble = {
  name: 'names',
  title: 'the name of the receivers moves, is gone, leads to a dead place too, or to where nobody may call',
  world: { door: (world) => doors.give(world, new NamesDoor(world.folder)) },
  impossible: NamesDoor.impossible,
  async strike(world) {
    await world.deal(STRIKES)(world)
    if (doors.of(world).trapped > 0) world.broken.push('called an address that must not be called')
  },
}
