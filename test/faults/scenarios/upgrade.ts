import { join } from 'node:path'
import { eventually } from '../../support/eventually.ts'
import { checkOut, unavailable } from '../release.ts'
import type { Trouble } from '../scenario.ts'
import type { World } from '../world.ts'
import { bulk } from './owner.ts'

/** The last commit of schema 0008: before clients, and before schedules had a table of their own. */
const FORMER = '5323c20'

const upgraded = new WeakSet<World>()

/** Everything of the former release is killed in the middle of long windows; this release migrates and goes on. */
async function replace(world: World): Promise<void> {
  await eventually(async () => {
    await bulk(world) // the writers may be in its way
    return (await openWindows(world)) > 0
  })
  const over = world.faults.begin('former release killed')
  await Promise.all(world.members.map((member) => member.kill()))
  const windows = await openWindows(world)
  for (const member of world.members) member.upgrade()
  await Promise.all(world.members.map((member) => member.start()))
  over()
  if (windows === 0) world.broken.push('no window was open at the upgrade: nothing was shown')
}

/** How many listeners have got some pages of a window and wait for more. */
async function openWindows(world: World): Promise<number> {
  const open = await world.postgres.run(
    'sincewire',
    'select from sincewire.listener where before_timestamp is not null and offset_key is not null',
  )
  return open.length
}

export const upgrade: Trouble = {
  name: 'upgrade',
  title: 'a former release is killed while it publishes, and this one migrates its database and goes on',
  impossible: () => unavailable(FORMER),
  world: {
    pageLimits: [1, 2, 3],
    release: (world) => checkOut(FORMER, join(world.folder, 'former')),
  },
  async strike(world) {
    await world.arrivals.more(world.between(10, 100), 5000)
    // Once: after that there is no former one.
    if (!upgraded.has(world)) await replace(world)
    upgraded.add(world)
  },
}
