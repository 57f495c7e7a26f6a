import { setTimeout as delay } from 'node:timers/promises'
import { enableAll } from '../heal.ts'
import { BAD_MANNERS, GONE, GOOD, type Manner } from '../manners.ts'
import type { Trouble } from '../scenario.ts'
import type { World } from '../world.ts'

/** Of the calls, so many in a hundred are treated badly, by dice. */
export function badManners(percent: number): (random: () => number) => Manner {
  return (random) => {
    const draw = random() * 100
    if (draw >= percent) return GOOD
    if (draw < percent / 50) return GONE
    return BAD_MANNERS[Math.floor(random() * BAD_MANNERS.length)]!
  }
}

/** Some receivers are away for a while. */
export async function outage(world: World): Promise<void> {
  const away = world.receivers.filter(() => world.random() < 0.4)
  const over = world.faults.begin('receivers refused')
  await Promise.all(away.map((receiver) => receiver.refuse()))
  await delay(world.between(100, 2500))
  await Promise.all(away.map((receiver) => receiver.reopen()))
  over()
}

export const receivers: Trouble = {
  name: 'receivers',
  title: 'receivers refuse, reset, hang, drip, answer late or with nonsense',
  async strike(world) {
    world.manner = badManners(30)
    if (world.random() < 0.5) await outage(world)
    else await world.arrivals.more(world.between(5, 40), 3000)
    await enableAll(world)
  },
}
