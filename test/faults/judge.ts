import type { FaultLog } from './faults.ts'
import type { Settled } from './heal.ts'
import type { Receiver } from './receiver.ts'
import type { World } from './world.ts'

/** What came of a scenario. Everything in `broken` is a promise that was not kept. */
export interface Verdict {
  readonly faults: ReadonlyMap<string, number>
  readonly manners: ReadonlyMap<string, number>
  readonly committed: number
  readonly receivers: number
  readonly calls: number
  readonly records: number
  /** Records that came more than once: fault to count. */
  readonly repeated: ReadonlyMap<string, number>
  readonly stall: Stall
  readonly broken: readonly string[]
}

/** The longest time from a change to its first arrival at a receiver. */
export interface Stall {
  readonly milliseconds: number
  readonly listenerName: string
  /** The faults in that time. */
  readonly during: readonly string[]
}

/** `stampsLie`: the longest stall is the longest silence of a receiver instead, while writers wrote. */
export function judge(world: World, { lost, unsettled }: Settled, stampsLie = false): Verdict {
  const repeated = new Map<string, number>()
  const broken: string[] = []
  let stall: Stall = { milliseconds: 0, listenerName: '', during: [] }
  for (const receiver of world.receivers) {
    const read = readDiary(world.faults, receiver, stampsLie)
    for (const [why, count] of read.repeated) repeated.set(why, (repeated.get(why) ?? 0) + count)
    broken.push(...read.broken)
    if (read.stall.milliseconds > stall.milliseconds) stall = read.stall
  }
  broken.push(
    ...world.broken,
    ...lost.map((key) => `lost: ${key}`),
    ...unsettled.map((name) => `still has something to send: ${name}`),
    ...world.members.flatMap(({ crashes }) => crashes.map((words) => `crashed: ${words}`)),
  )
  return {
    ...{ repeated, broken, stall, faults: world.faults.counts(), manners: mannersOf(world.receivers) },
    committed: world.writers?.committed ?? 0,
    receivers: world.receivers.length,
    calls: sum(world.receivers.map(({ calls }) => calls)),
    records: sum(world.receivers.flatMap(({ diary }) => diary.deliveries.map((d) => d.records.length))),
  }
}

type Read = Pick<Verdict, 'repeated' | 'broken' | 'stall'>

/** What one receiver's diary tells: what came again and why, what came in the wrong order, and how long it took. */
export function readDiary(
  faults: FaultLog,
  { diary, listenerName, trapped }: Pick<Receiver, 'diary' | 'listenerName' | 'trapped'>,
  stampsLie = false,
): Read {
  const repeated = new Map<string, number>()
  const broken: string[] = []
  const lastStamp = new Map<string, string>()
  const lastTime = new Map<string, { readonly at: number; readonly manner: string | null }>()
  let [milliseconds, stalledAt] = [0, 0]
  let lastArrival = diary.deliveries[0]?.at ?? 0
  for (const { at, manner, records } of diary.deliveries) {
    for (const { key, stamp, digest } of records) {
      // The same state: under a clock that stepped back, another one may bear the same stamp.
      const id = `${key} ${stamp} ${digest}`
      const earlier = lastTime.get(id)
      if (earlier) {
        const why = earlier.manner ? `the receiver ${earlier.manner}` : faults.explaining(earlier.at)?.kind
        if (why) repeated.set(why, (repeated.get(why) ?? 0) + 1)
        else
          broken.push(
            `repeated for no reason: ${listenerName}: ${id}, ${earlier.at} and ${at}; ${faults.before(at)}`,
          )
      } else {
        const since = stampsLie ? lastArrival : Date.parse(stamp)
        if (at - since > milliseconds) [milliseconds, stalledAt] = [at - since, at]
      }
      const last = lastStamp.get(key)
      if (last !== undefined && last > stamp)
        broken.push(`out of order: ${listenerName}: ${id} after ${last}`)
      lastStamp.set(key, stamp)
      lastTime.set(id, { at, manner })
    }
    lastArrival = at
  }
  broken.push(
    ...diary.reused.map((id) => `one webhook-id for two bodies: ${listenerName}: ${id}`),
    ...(trapped > 0 ? [`followed a redirect: ${listenerName}`] : []),
  )
  const during = faults.between(stalledAt - milliseconds, stalledAt)
  return { repeated, broken, stall: { milliseconds, listenerName, during } }
}

function mannersOf(receivers: readonly Receiver[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { manners } of receivers)
    for (const [name, count] of manners) counts.set(name, (counts.get(name) ?? 0) + count)
  return counts
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0)
}
