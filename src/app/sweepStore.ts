import { haveNews } from '../db/feed.ts'
import type { Db, DbOrTx } from '../db/pool.ts'
import { findFeeds, type Feed } from '../db/service.ts'
import * as sweeps from '../db/sweep.ts'
import { takeForgettableTick } from '../db/tick.ts'
import { addMillis } from '../domain/instant.ts'
import type { Edge } from '../domain/window.ts'
import type { Claimed, SweepClaim, SweepStore, TurnQueueName } from '../engine/ports.ts'
import type { Turns } from '../jobs/turns.ts'

/** A clock that went back by more has been set. */
const STEP_SECONDS = 1

/** The engine's SweepStore over our tables and the queue. */
export function createSweepStore(db: Db, queue: Turns): SweepStore {
  let behind = 0
  return {
    async reclaim() {
      const { orphans, behindSeconds } = await sweeps.lookAround(db)
      if (behindSeconds > behind + STEP_SECONDS) await sweeps.makeAllDue(db)
      behind = behindSeconds // it shrinks while ticks wait for the clock: another step shows
      if (!orphans) return 0
      return db.transaction().execute(async (tx) => {
        const orphans = await sweeps.freeOrphans(tx)
        await queue.removeOrphans(tx, orphans)
        return orphans.length
      })
    },
    takeTick: () => takeForgettableTick(db),
    putOffIdle: (limit) => sweeps.putOffIdle(db, limit),
    claim: ({ limit, woken, wakeMaxIntervalSeconds }, plan) =>
      db.transaction().execute(async (tx) => {
        const awake = woken.length > 0 ? await sweeps.claimWoken(tx, woken, wakeMaxIntervalSeconds) : null
        await plan(claimIn(tx, queue, await sweeps.claimDue(tx, limit), awake))
      }),
    millisecondsToNext: () => sweeps.millisecondsToNext(db),
    async changedInTheSameMillisecond(services, tick) {
      if (services.length === 0) return []
      const feeds = await findFeeds(db, services)
      // What changed a millisecond or more after the tick has a notification of its own, still to come.
      return feeds.flatMap(({ service, latest }) => {
        const before = tick.get(service)?.at
        const same =
          before !== undefined && latest !== null && latest > before && latest < addMillis(before, 1)
        return same ? [service] : []
      })
    },
  }
}

function claimIn(tx: DbOrTx, queue: Turns, due: sweeps.Claim, woken: sweeps.Claim | null): SweepClaim {
  const rows = new Map([...(woken?.rows ?? []), ...due.rows].map((row) => [row.listener.listenerName, row]))
  return {
    now: due.rows.length > 0 || !woken ? due.now : woken.now,
    due: due.rows.length,
    claimed: [...rows.values()].map(({ listener, inTurn, queue: queued }): Claimed => ({
      ...listener,
      inTurn,
      queued: queued as TurnQueueName | null,
    })),
    async haveNews(service, sinces, before) {
      const [feed] = await findFeeds(tx, [service])
      return feed ? newsAbove(tx, feed, sinces, before) : sinces.map(() => false)
    },
    async apply(plans, sweptBy) {
      await sweeps.applyPlans(tx, plans)
      const turns = plans.flatMap(({ listenerName, service, origin, queue: to }) =>
        to === null ? [] : [{ queue: to, listenerName, service, origin, sweptBy }],
      )
      if (turns.length > 0) await queue.insert(tx, turns)
    },
  }
}

/** Most listeners stand at or above their service's latest change: only the others are worth a question. */
async function newsAbove(
  tx: DbOrTx,
  { table, latest }: Feed,
  sinces: readonly Edge[],
  before: Edge,
): Promise<readonly boolean[]> {
  const behind = sinces.filter((since) => latest !== null && since.floor < latest)
  const news = behind.length === 0 ? [] : await haveNews(tx, table, behind, before)
  const yes = new Set(behind.filter((_, index) => news[index]))
  return sinces.map((since) => yes.has(since))
}
