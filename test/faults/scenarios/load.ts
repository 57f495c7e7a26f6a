import { Hall, makeFeeds, quantile, registerCrowd, writeSteadily } from '../crowd.ts'
import type { Measured, RunOptions, Scenario } from '../scenario.ts'
import { REQUEST_MILLISECONDS, World } from '../world.ts'

const SERVICES = 5
const HEALTHY = 460
const SLOW = 20
const DEAD = 20
const HEALTHY_PER_HOST = 10
const WRITE_EVERY_MILLISECONDS = 1000
/** Those that are dead go on hold in that time, and those that were come back. */
const SETTLE_MILLISECONDS = 4000
const ROUND_MILLISECONDS = 5000
/** As by default, not as in the other scenarios, where those on hold are probed all the time. */
const HOLDS = {
  SINCEWIRE_ENGINE_RETRY_HOLD_BASE_SECONDS: '5',
  SINCEWIRE_ENGINE_RETRY_HOLD_MAX_SECONDS: '3600',
}
/** What healthy listeners may be slower beside bad ones. */
const ALLOWED_RATIO = 1.1

/** Five hundred listeners behind real servers, forty of which can be told to be slow, to hang, or to be gone. */
class Crowd {
  readonly urls: string[] = []
  /** Milliseconds from change to arrival at the healthy, since the last `take`. */
  #delays: number[] = []
  #bad = false
  readonly #halls: { readonly hall: Hall; readonly gone: boolean }[] = []

  async open(): Promise<void> {
    for (let i = 0; i < HEALTHY; i += HEALTHY_PER_HOST) {
      const hall = await this.#open(
        new Hall(
          () => 0,
          (_, body) => this.#note(body),
        ),
      )
      for (let n = 0; n < HEALTHY_PER_HOST; n += 1) this.urls.push(hall.url(`/${n}`))
    }
    const slow = () => (this.#bad ? REQUEST_MILLISECONDS * 0.8 : 0)
    const hanging = () => (this.#bad ? 'never' : 0)
    for (let i = 0; i < SLOW; i += 1) await this.#openBad(slow)
    for (let i = 0; i < DEAD; i += 1) await this.#openBad(hanging, i % 2 === 0)
  }

  /** The bad ones are bad from now on, or behave. */
  async turn(bad: boolean): Promise<void> {
    this.#bad = bad
    const mortal = this.#halls.filter(({ gone }) => gone)
    await Promise.all(mortal.map(({ hall }) => (bad ? hall.close() : hall.open())))
  }

  take(): number[] {
    const delays = this.#delays
    this.#delays = []
    return delays
  }

  async close(): Promise<void> {
    await Promise.all(this.#halls.map(({ hall }) => hall.close()))
  }

  async #openBad(answering: () => number | 'never', gone = false): Promise<void> {
    const hall = await this.#open(new Hall(answering, () => {}), gone)
    this.urls.push(hall.url('/'))
  }

  async #open(hall: Hall, gone = false): Promise<Hall> {
    await hall.open()
    this.#halls.push({ hall, gone })
    return hall
  }

  #note(body: string): void {
    const stamp = /"cacheTimestamp":"([^"]+)"/.exec(body)?.[1]
    if (stamp !== undefined) this.#delays.push(Date.now() - Date.parse(stamp))
  }
}

/** Delays of one round in which all behave, and of the next in which forty do not. */
interface Pair {
  readonly without: readonly number[]
  readonly beside: readonly number[]
}

async function measureLoad({ seed, seconds = 30 }: RunOptions): Promise<Measured> {
  await using world = await World.open({ seed, engines: 1, pageLimits: [], surroundings: () => HOLDS })
  const crowd = new Crowd()
  world.defer(() => crowd.close())
  await crowd.open()
  const feeds = await makeFeeds(world, SERVICES)
  await registerCrowd(world, crowd.urls, feeds)
  const write = (milliseconds: number) => writeSteadily(feeds, milliseconds, WRITE_EVERY_MILLISECONDS)
  const round = async (bad: boolean) => {
    await crowd.turn(bad)
    await write(SETTLE_MILLISECONDS)
    crowd.take()
    await write(ROUND_MILLISECONDS)
    return crowd.take()
  }
  await round(false) // everybody has had a heartbeat and a change
  const pairs: Pair[] = []
  // In short turns, each pair the other way round than the one before: what else the machine does weighs on both.
  for (let n = 0; n < Math.max(3, (seconds * 1000) / (2 * ROUND_MILLISECONDS)); n += 1) {
    const first = await round(n % 2 === 0)
    const second = await round(n % 2 === 1)
    pairs.push(n % 2 === 0 ? { beside: first, without: second } : { without: first, beside: second })
  }
  return compare(pairs)
}

function compare(pairs: readonly Pair[]): Measured {
  const ratios = pairs.map(({ without, beside }) => mean(beside) / mean(without))
  const [ratio, least, most] = [0.5, 0.1, 0.9].map((share) => quantile(ratios, share)) as [
    number,
    number,
    number,
  ]
  return {
    lines: [
      `  listeners       ${HEALTHY} healthy, ${SLOW} slow, ${DEAD} dead; a change every ${WRITE_EVERY_MILLISECONDS} ms goes to ${(HEALTHY + SLOW + DEAD) / SERVICES} of them`,
      `  all behave      ${say(pairs.flatMap(({ without }) => without))}`,
      `  40 are bad      ${say(pairs.flatMap(({ beside }) => beside))}`,
      `  ratio of means  ${ratio.toFixed(2)} at the median of ${pairs.length} pairs of rounds, ${least.toFixed(2)} to ${most.toFixed(2)} for eight of ten (at most ${ALLOWED_RATIO})`,
    ],
    broken:
      ratio > ALLOWED_RATIO
        ? [`healthy listeners wait ${ratio.toFixed(2)} times as long beside bad ones`]
        : [],
  }
}

function say(delays: readonly number[]): string {
  return `mean ${mean(delays).toFixed(0)} ms, p50 ${quantile(delays, 0.5)} ms, p95 ${quantile(delays, 0.95)} ms (${delays.length} deliveries)`
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

export const load: Scenario = {
  name: 'load',
  title: 'five hundred listeners, twenty of them slow and twenty dead: what the others notice of it',
  measure: measureLoad,
}
