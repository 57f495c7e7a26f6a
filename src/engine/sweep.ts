import { addMillis } from '../domain/instant.ts'
import { asksForNews, LEASE_MILLISECONDS, pollListener, type PollContext } from '../domain/poll.ts'
import { onHold } from '../domain/step.ts'
import type { Edge } from '../domain/window.ts'
import type { Claimed, Plan, SweepClaim, SweepStore, SweptBy } from './ports.ts'

export interface SweepOptions {
  /** Listeners claimed in one transaction, at most. */
  readonly claimLimit: number
  readonly wakeMaxIntervalSeconds: number
}

export interface Swept {
  readonly claimed: number
  readonly queued: number
  readonly tick: ReadonlyMap<string, Edge>
  /** A transaction that waited for the disk came after the tick: no crash forgets it, so it may be handed out. */
  readonly flushed: boolean
}

/**
 * One sweep: a tick for all services, then batch after batch of due listeners. Those that are idle, nearly all, are put
 * off by one statement. The others are claimed in a transaction that gives them their next poll time, opens windows
 * for those with news and queues a job for those with something to do.
 */
export async function sweep(
  store: SweepStore,
  options: SweepOptions,
  woken: readonly string[],
  sweptBy: SweptBy,
): Promise<Swept> {
  const tick = await store.takeTick()
  let claimed = 0
  let queued = 0
  let flushed = false
  let awake = woken
  for (let full = true; full; awake = []) {
    const { due, idle } = await store.putOffIdle(options.claimLimit)
    full = due >= options.claimLimit
    claimed += idle
    if (due === idle && awake.length === 0) continue
    await store.claim({ ...options, limit: options.claimLimit, woken: awake }, async (claim) => {
      const plans = await planAll(claim, tick, new Set(awake))
      await claim.apply(plans, sweptBy)
      full = claim.due >= options.claimLimit
      claimed += claim.claimed.length
      queued += plans.filter((plan) => plan.queue !== null).length
      flushed ||= plans.length > 0
    })
  }
  return { claimed, queued, tick, flushed }
}

async function planAll(
  claim: SweepClaim,
  tick: ReadonlyMap<string, Edge>,
  woken: ReadonlySet<string>,
): Promise<Plan[]> {
  const contextOf = (listener: Claimed): PollContext => ({
    now: claim.now,
    woken: woken.has(listener.service),
    before: tick.get(listener.service) ?? null,
  })
  const news = await newsOf(
    claim,
    claim.claimed.filter((l) => !l.inTurn && asksForNews(l, contextOf(l))),
    tick,
  )
  return claim.claimed.map((listener) => plan(listener, contextOf(listener), news.has(listener.listenerName)))
}

function plan(listener: Claimed, context: PollContext, news: boolean): Plan {
  const { listenerName, listenerUrl, service } = listener
  const origin = new URL(listenerUrl).origin
  if (listener.inTurn) {
    // Its turn will see to itself; look again should that end without a word.
    const dueAt = addMillis(context.now, LEASE_MILLISECONDS)
    return { listenerName, service, origin, open: null, nextPollAt: listener.nextPollAt, dueAt, queue: null }
  }
  const { open, turn, nextPollAt, dueAt } = pollListener(listener, context, news)
  const queue = turn ? (listener.queued ?? (onHold(listener) ? 'probe' : 'turn')) : null
  return { listenerName, service, origin, open, nextPollAt, dueAt, queue }
}

/** The names of those that have news: one question for each service, about its distinct lower edges. */
async function newsOf(
  claim: SweepClaim,
  asking: readonly Claimed[],
  tick: ReadonlyMap<string, Edge>,
): Promise<ReadonlySet<string>> {
  const names = new Set<string>()
  for (const [service, listeners] of Map.groupBy(asking, (listener) => listener.service)) {
    const before = tick.get(service)
    if (!before) continue
    const bySince = Map.groupBy(listeners, ({ since }) => `${since.at} ${since.floor} ${since.snapshot}`)
    const groups = [...bySince.values()]
    const answers = await claim.haveNews(
      service,
      groups.flatMap((group) => group.slice(0, 1).map(({ since }) => since)),
      before,
    )
    groups.forEach((group, index) => answers[index] && group.forEach((l) => names.add(l.listenerName)))
  }
  return names
}
