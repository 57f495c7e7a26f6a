import { Clocks, noClocks } from '../clocks.ts'
import { REPEATS } from '../faults.ts'
import { Lent } from '../lent.ts'
import type { Trouble } from '../scenario.ts'
import type { World } from '../world.ts'

const lent = new Lent<Clocks>()
/** When libfaketime notices. */
const NOTICED_MILLISECONDS = 1500

function clocksOf(world: World, process: string): Readonly<Record<string, string>> {
  if (process === 'postgres') {
    const clocks = lent.give(world, new Clocks(world.folder))
    world.defer(() => clocks.sweep())
  }
  return lent.of(world).of(process)
}

const WHOSE = ['PostgreSQL', 'service', 'one process', 'every'] as const
const HOURS = [-1, 0, 1]

/** Clocks jump by an hour: PostgreSQL's, the service's, or all; and later again, from where they are. */
async function step(world: World): Promise<void> {
  const clocks = lent.of(world)
  const names = world.members.map(({ name }) => name)
  const kind = world.deal(WHOSE)
  const whose = {
    PostgreSQL: ['postgres'],
    service: names,
    'one process': [world.pick(names)],
    every: ['postgres', ...names],
  }[kind]
  const hours = world.deal(HOURS)
  const to = hours === 0 ? 'right' : hours > 0 ? 'an hour ahead' : 'an hour behind'
  // pg-boss goes by PostgreSQL's clock: a step forward, and every owner has been silent for an hour.
  const over = world.faults.begin(
    `${kind} clock ${to}`,
    whose[0] === 'postgres' ? REPEATS.stepped : REPEATS.none,
  )
  for (const name of whose) clocks.set(name, hours)
  await new Promise((resolve) => setTimeout(resolve, NOTICED_MILLISECONDS))
  over()
  await world.arrivals.more(world.between(20, 60), 5000)
}

export const clock: Trouble = {
  name: 'clock',
  title: 'clocks jump by an hour, forwards and back: of PostgreSQL, of the service, of both',
  impossible: noClocks,
  stampsLie: true,
  world: { surroundings: clocksOf },
  strike: step,
  heal: (world) => {
    for (const name of ['postgres', ...world.members.map(({ name }) => name)]) lent.of(world).set(name, 0)
  },
}
