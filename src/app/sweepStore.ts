import { haveNews, latestChanges } from '../db/feed.ts'
import type { Db, DbOrTx } from '../db/pool.ts'
import { listFeeds, type Feed } from '../db/service.ts'
import * as sweeps from '../db/sweep.ts'
import { takeTick } from '../db/tick.ts'
import { addMillis, type Instant } from '../domain/instant.ts'
import type { Edge } from '../domain/window.ts'
import type { Claimed, SweepClaim, SweepStore, TurnQueueName } from '../engine/ports.ts'
import type { Turns } from '../jobs/turns.ts'

/** The engine's SweepStore over our tables and the queue. */
export function createSweepStore(db: Db, queue: Turns): SweepStore {
  return {
    async reclaim() {
      if (!(await sweeps.hasOrphans(db))) return 0
      return db.transaction().execute(async (tx) => {
        const orphans = await sweeps.freeOrphans(tx)
        await queue.removeOrphans(tx, orphans)
        return orphans.length
      })
    },
    takeTick: () => takeTick(db),
    claim: (request, plan) =>
      db.transaction().execute(async (tx) => plan(claimIn(tx, queue, await sweeps.claimDue(tx, request)))),
    millisecondsToNext: () => sweeps.millisecondsToNext(db),
    async changedInTheSameMillisecond(services, tick) {
      if (services.length === 0) return []
      const latest = await latestByService(db)
      // What changed a millisecond or more after the tick has a notification of its own, still to come.
      return services.filter((name) => {
        const [before, changed] = [tick.get(name)?.at, latest.get(name)?.latest]
        return before !== undefined && changed != null && changed > before && changed < addMillis(before, 1)
      })
    },
  }
}

function claimIn(tx: DbOrTx, queue: Turns, { now, rows }: sweeps.Claim): SweepClaim {
  let latest: ReturnType<typeof latestByService> | undefined
  return {
    now,
    claimed: rows.map(({ listener, inTurn, queue: queued }): Claimed => ({
      ...listener,
      inTurn,
      queued: queued as TurnQueueName | null,
    })),
    async haveNews(service, sinces, before) {
      latest ??= latestByService(tx)
      const feed = (await latest).get(service)
      if (!feed?.enabled) return sinces.map(() => false)
      return newsAbove(tx, feed, sinces, before)
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

interface FeedState extends Feed {
  readonly latest: Instant | null
}

/** Most listeners stand at or above their service's latest change: only the others are worth a question. */
async function newsAbove(
  tx: DbOrTx,
  feed: FeedState,
  sinces: readonly Edge[],
  before: Edge,
): Promise<readonly boolean[]> {
  const latest = feed.latest
  const behind = sinces.filter((since) => latest !== null && since.floor < latest)
  const news = behind.length === 0 ? [] : await haveNews(tx, feed.table, behind, before)
  const yes = new Set(behind.filter((_, index) => news[index]))
  return sinces.map((since) => yes.has(since))
}

async function latestByService(db: DbOrTx): Promise<ReadonlyMap<string, FeedState>> {
  const feeds = await listFeeds(db)
  const latest = await latestChanges(
    db,
    feeds.map(({ table }) => table),
  )
  return new Map(feeds.map((feed) => [feed.service, { ...feed, latest: latest.get(feed.table) ?? null }]))
}
