import { heal, settle } from './heal.ts'
import { judge, type Verdict } from './judge.ts'
import { reportLines } from './report.ts'
import { World, type WorldOptions } from './world.ts'

interface Described {
  readonly name: string
  readonly title: string
}

/** A kind of trouble, made by dice for as long as it is asked for. */
export interface Trouble extends Described {
  readonly world?: Omit<WorldOptions, 'seed'>
  /** One fault, or some together, from its beginning to its end; called again until the time is up. */
  readonly strike: (world: World) => Promise<void>
  /** Undoes what `heal` does not know of. */
  readonly heal?: (world: World) => void
  /** The records' timestamps are not those of the real clock: what a change waited for cannot be told. */
  readonly stampsLie?: boolean
  /** Why it cannot be run here; undefined when it can. */
  readonly impossible?: () => string | undefined
}

/** A measurement under trouble. */
export interface Measurement extends Described {
  readonly measure: (options: RunOptions) => Promise<Measured>
}

/** For people; and the promises that were not kept. */
export interface Measured {
  readonly lines: readonly string[]
  readonly broken: readonly string[]
}

export type Scenario = Trouble | Measurement

export interface RunOptions {
  readonly seed: number
  /** How long faults are injected, or how many times: whichever is reached first. */
  readonly seconds?: number
  readonly strikes?: number
}

/** Makes a world, troubles it, heals it, waits until it is quiet, and judges. Nothing of it is left behind. */
export async function makeTrouble(
  scenario: Trouble,
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
  scenario.heal?.(world)
  await heal(world)
  const settled = await settle(world)
  return judge(world, settled, scenario.stampsLie)
}

/** Runs any scenario, for its report. */
export async function runScenario(scenario: Scenario, options: RunOptions): Promise<Measured> {
  if ('measure' in scenario) return scenario.measure(options)
  const impossible = scenario.impossible?.()
  if (impossible !== undefined) return { lines: [`  not run: ${impossible}`], broken: [] }
  const verdict = await makeTrouble(scenario, options)
  return { lines: reportLines(verdict), broken: verdict.broken }
}
