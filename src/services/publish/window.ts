import { keepCut, lastTickBefore, nthChange } from '../../db/cut.ts'
import type { Db } from '../../db/pool.ts'
import { keptTick, lowerEdge, takeTick } from '../../db/tick.ts'
import { invalid, notFound } from '../../domain/errors.ts'
import { addMillis, toIsoMillis, toMillis, fromMillis, type Instant } from '../../domain/instant.ts'
import { wrongQuery, type PublishQuery } from '../../domain/publishQuery.ts'
import { plainEdge, type Edge, type Window } from '../../domain/window.ts'

/** About so many records are in a window that `optimalBefore` ends (merchandising facts, "Publish API"). */
const OPTIMAL_RECORDS = 10_000
const OPTIMAL_MILLISECONDS = 30 * 24 * 60 * 60 * 1000

interface Feed {
  readonly name: string
  readonly jsonTable: string
}

type PullQuery = Pick<PublishQuery, 'since' | 'before' | 'optimalBefore'>

/**
 * The window that a pull asks for. What makes each of its edges right (the rule itself: sql/0002_window.sql):
 *
 * - No `before`: a tick is taken now. Its before, in the links, is exact whenever it comes back as before or since:
 *   either somebody was writing and the tick is kept, or nobody was and the timestamp alone decides.
 * - A `before` that we handed out: the same edge again. One that somebody made up: what is stamped at or below it and
 *   visible when the page is read. What is stamped there and not yet visible belongs to a writer that held its lock
 *   at the first tick at or above this before; that tick is kept and straddles it, so that the same timestamp as a
 *   since starts at that tick's floor: such a row comes then, along with some that were sent already. If no tick has
 *   been taken at or above it yet, one is taken now, before anything is read.
 * - `since`: see lowerEdge. It is looked up after the tick, which may straddle it too.
 *
 * Throws `invalid` when since or before lie in the future: such a window would promise what may still be written.
 */
export async function pullWindow(
  db: Db,
  feed: Feed,
  query: PullQuery,
  optimalRecords = OPTIMAL_RECORDS,
): Promise<Window> {
  const before =
    query.before === null ? await edgeNow(db, feed.name) : await givenEdge(db, feed.name, query.before)
  if (query.since > before.at) throw inFuture('since', query.since, before.at)
  const since = await lowerEdge(db, feed.name, query.since)
  if (!query.optimalBefore || query.before !== null) return { since, before }
  return { since, before: await optimalEdge(db, feed, { since, before }, optimalRecords) }
}

async function edgeNow(db: Db, service: string): Promise<Edge> {
  const edge = (await takeTick(db)).get(service)
  if (!edge) throw notFound() // uncaptured since the caller looked
  return edge
}

async function givenEdge(db: Db, service: string, before: Instant): Promise<Edge> {
  const kept = await keptTick(db, service, before)
  if (kept) return kept
  if (before <= (await lastTickBefore(db))) return plainEdge(before)
  const now = await edgeNow(db, service)
  if (before > now.at) throw inFuture('before', before, now.at)
  return before === now.at ? now : plainEdge(before)
}

/**
 * An upper edge about 10,000 records above the since, or the tick when there are fewer or the window starts too long
 * ago. Its use as the next since must neither lose nor repeat: where kept ticks straddle it, plain timestamps would
 * repeat (and behind a slow writer never get on), so there the tick is cut at it.
 *
 * Only rows stamped above the since count: late ones below it come along, and the window always moves on.
 */
async function optimalEdge(
  db: Db,
  feed: Feed,
  { since, before: tick }: Window,
  records: number,
): Promise<Edge> {
  if (toMillis(since.at) < toMillis(tick.at) - OPTIMAL_MILLISECONDS) return tick
  const range = { after: since.at, upTo: tick.at }
  const last = await nthChange(db, feed.jsonTable, records, range)
  if (last === undefined) return tick
  for (let at = nextMillisecond(last); at < tick.at; at = nextMillisecond(addMillis(at, 1))) {
    if ((await lowerEdge(db, feed.name, at)).floor === at) return plainEdge(at)
    const cut = await keepCut(db, feed.name, tick, at)
    if (cut) return cut
  }
  return tick
}

/**
 * The whole millisecond at or above. Never a whole second: people make up round moments, and a cut there would
 * change what such a since stands for.
 */
function nextMillisecond(instant: Instant): Instant {
  const cut = fromMillis(toMillis(instant))
  const next = cut === instant ? cut : addMillis(cut, 1)
  return toMillis(next) % 1000 === 0 ? addMillis(next, 1) : next
}

function inFuture(field: 'since' | 'before', given: Instant, now: Instant) {
  const error = `lies in the future: the server's time is ${toIsoMillis(now)}`
  return invalid([{ error, field, inputValue: toIsoMillis(given) }], wrongQuery)
}
