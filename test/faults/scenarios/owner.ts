import { freeze } from './engines.ts'
import type { Trouble } from '../scenario.ts'
import type { World } from '../world.ts'

/** A change of every account: dozens of pages for those that take few records at a time. */
export async function bulk(world: World): Promise<void> {
  await world.postgres.run('sincewire', 'update shop.account set version = version + 1').catch(() => {})
}

/** The owners of listeners in the middle of a long window sleep until others have taken over, and wake. */
export const owner: Trouble = {
  name: 'owner',
  title:
    'two processes believe that they own one listener: its owner sleeps for longer than any lease, and wakes',
  world: { engines: 3, pageLimits: [1, 2, 3, 4, 5] },
  async strike(world) {
    await bulk(world)
    const survivor = world.pick(world.engines)
    await freeze(
      world,
      world.engines.filter((engine) => engine !== survivor),
      'owners frozen',
    )
  },
}
