import { heal, settle } from './heal.ts'
import { judge, type Verdict } from './judge.ts'
import { World, type WorldOptions } from './world.ts'

/** A kind of trouble, made by dice for as long as it is asked for. */
export interface Scenario {
  readonly name: string
  readonly title: string
  readonly world?: Omit<WorldOptions, 'seed'>
  /** One fault, or some together, from its beginning to its end; called again until the time is up. */
  readonly strike: (world: World) => Promise<void>
  /** Why it cannot be run here; undefined when it can. */
  readonly impossible?: () => string | undefined
}

export interface RunOptions {
  readonly seed: number
  /** How long faults are injected, or how many times: whichever is reached first. */
  readonly seconds?: number
  readonly strikes?: number
}

/** Makes a world, troubles it, heals it, waits until it is quiet, and judges. Nothing of it is left behind. */
export async function runScenario(
  scenario: Scenario,
  { seed, seconds = Infinity, strikes = Infinity }: RunOptions,
): Promise<Verdict> {
  await using world = await World.open({ ...scenario.world, seed })
  world.startWriters()
  if (!(await world.arrivals.more(1, 30_000))) throw new Error('nothing arrived before the first fault')
  const end = performance.now() + seconds * 1000
  for (let n = 0; n < strikes && performance.now() < end; n += 1) {
    await scenario.strike(world)
    // The next one strikes something that works again.
    await world.arrivals.more(world.between(1, 10), 3000)
  }
  await heal(world)
  return judge(world, await settle(world))
}
