import { addMillis, earlier, type Instant } from './instant.ts'
import type { Listener } from './listener.ts'
import { heartbeatDue, onHold } from './step.ts'
import type { Edge } from './window.ts'

/** How long a queued or running turn keeps the sweep away from its listener, at most. */
export const LEASE_MILLISECONDS = 30_000

export interface PollContext {
  readonly now: Instant
  /** A commit woke the listener's service: poll although the interval has not passed. */
  readonly woken: boolean
  /** The upper edge of a window opened now; null: the service publishes nothing at present. */
  readonly before: Edge | null
}

/** Whether the sweep has to ask if there is news: due, and nothing else goes on. */
export function asksForNews(listener: Listener, context: PollContext): boolean {
  const due = context.woken || context.now >= listener.nextPollAt
  return due && context.before !== null && listener.before === null && !onHold(listener)
}

export interface Poll {
  /** The window to open; null: none, or one is open already. */
  readonly open: Edge | null
  /** Whether there is anything to do for a turn. */
  readonly turn: boolean
  readonly nextPollAt: Instant
  readonly dueAt: Instant
}

/**
 * What becomes of a listener that the sweep has claimed.
 *
 * | the listener                    | turn | window     | next poll      | due again                 |
 * |---------------------------------|------|------------|----------------|---------------------------|
 * | due, no news                    | no   | –          | now + interval | next poll or heartbeat    |
 * | due, news                       | yes  | opened     | now + interval | when the turn or lease ends |
 * | has a window open, not on hold  | yes  | as it is   | as it was      | when the turn or lease ends |
 * | has a heartbeat due             | yes  | as above   | as above       | when the turn or lease ends |
 * | on hold, probe not due          | no   | as it is   | as it was      | probe                     |
 *
 * The first line is also a statement of its own (sql/0009_schedule.sql): nearly all listeners are idle nearly always.
 */
export function pollListener(listener: Listener, context: PollContext, news: boolean): Poll {
  const { now, before } = context
  const asked = asksForNews(listener, context)
  const open = asked && news ? before : null
  const pollDue = context.woken || now >= listener.nextPollAt
  const moves = pollDue && listener.before === null && !onHold(listener)
  const nextPollAt = moves ? addMillis(now, listener.intervalSeconds * 1000) : listener.nextPollAt
  const hasWindow = open !== null || listener.before !== null
  const turn = heartbeatDue(listener, now) || (hasWindow && !onHold(listener))
  const rest = onHold(listener) ? listener.nextHeartbeatAt : earlier(nextPollAt, listener.nextHeartbeatAt)
  return { open, turn, nextPollAt, dueAt: turn ? addMillis(now, LEASE_MILLISECONDS) : rest }
}
