/**
 * What a change of registration does, at once, even between two pages (DESIGN.md, "What a change of registration
 * does"; document 004, "Update Webhook Configuration").
 *
 *   changed                          generation  target  window    position  looked at
 *   listenerUrl, credentialName,                 + 1     stays     stays     now: heartbeat first; a hold ends
 *     signing keys, headers,
 *     the credential's content
 *   sinceTimestamp                   + 1                 closed    cleared   now, from the new since
 *   includePayload                   + 1                 closed    cleared   now, from the current since
 *   enabled N                                            stays     stays     not at all (the engine reads enabled)
 *   enabled Y                                            stays     stays     now; a hold ends, heartbeat first then
 *   intervalSeconds                                      stays     stays     as planned, or in one new interval
 *                                                                            when that is earlier
 *   pageLimit, queryParameter                            stays     stays     as planned: the next page reads them
 *   heartbeatIntervalHours                               stays     stays     as planned: counted from the next one
 *   deleteInd Y                      the registration goes, and its attempts with it
 *
 * A value equal to the present one is no change, except sinceTimestamp: giving it asks for a replay.
 * Neither rule moves a plan later: whatever was due stays due.
 */
import { addMillis, earlier, type Instant } from './instant.ts'
import type { Listener } from './listener.ts'
import type { Edge } from './window.ts'

/** What a change of registration may touch: a listener and what only its row knows. */
export interface Registered extends Listener {
  /** When the sweep looks at it next. */
  readonly dueAt: Instant
  /** Why we disabled it, null otherwise. */
  readonly disabledReason: string | null
}

/** What is asked for; absent: unchanged. */
export interface Change {
  readonly credentialName?: string | undefined
  readonly listenerUrl?: string | undefined
  readonly enabled?: boolean | undefined
  readonly includePayload?: boolean | undefined
  readonly intervalSeconds?: number | undefined
  readonly pageLimit?: number | undefined
  readonly queryParameter?: string | null | undefined
  readonly heartbeatIntervalHours?: number | undefined
  /** sinceTimestamp as the edge that it stands for. */
  readonly since?: Edge | undefined
  /** Signing keys or headers become others, or none. */
  readonly secrets?: 'changed' | undefined
  readonly deleteInd?: boolean | undefined
}

export type Amended<T extends Registered> =
  | { readonly kind: 'deleted' }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'changed'; readonly listener: T }

/** Applies a change as the table above says. */
export function amend<T extends Registered>(listener: T, change: Change, now: Instant): Amended<T> {
  if (change.deleteInd === true) return { kind: 'deleted' }
  const values = differing(listener, change)
  if (Object.keys(values).length === 0 && !change.since && !change.secrets) return { kind: 'unchanged' }

  let next: T = { ...listener, ...values }
  if (change.secrets || 'listenerUrl' in values || 'credentialName' in values) next = retarget(next, now)
  if (change.since || 'includePayload' in values) next = restart(next, change.since ?? next.since, now)
  if ('intervalSeconds' in values) next = pollBy(next, addMillis(now, next.intervalSeconds * 1000))
  if (values.enabled === true) next = resume(next, now)
  return { kind: 'changed', listener: next }
}

/** Calls go elsewhere from now on: a heartbeat first, then whatever remains. Also for a credential's new content. */
export function retarget<T extends Registered>(listener: T, now: Instant): T {
  return release({ ...listener, targetRevision: listener.targetRevision + 1 }, now)
}

/** The values that are given and not the present ones. */
function differing(listener: Registered, change: Change): Partial<Listener> {
  const { since: _, secrets: __, deleteInd: ___, ...values } = change
  const keys = Object.keys(values) as (keyof typeof values)[]
  return Object.fromEntries(
    keys
      .filter((key) => values[key] !== undefined && values[key] !== listener[key])
      .map((key) => [key, values[key]]),
  )
}

function restart<T extends Registered>(listener: T, since: Edge, now: Instant): T {
  const restarted = { ...listener, generation: listener.generation + 1, since, before: null, after: null }
  return pollBy(restarted, now)
}

function resume<T extends Registered>(listener: T, now: Instant): T {
  const failed = listener.failures > 0 || listener.disabledReason !== null
  const resumed = pollBy({ ...listener, disabledReason: null }, now)
  return failed ? release(resumed, now) : resumed
}

// A hold that ends leaves nothing proven: the heartbeat is due. Back-off may have put the poll off: it is due too.
function release<T extends Registered>(listener: T, now: Instant): T {
  const held = listener.failures > 0
  const released = { ...listener, failures: 0, holdSince: null, heartbeatError: null }
  const polled = held ? pollBy(released, now) : released
  return {
    ...polled,
    nextHeartbeatAt: earlier(polled.nextHeartbeatAt, now),
    dueAt: earlier(polled.dueAt, now),
  }
}

function pollBy<T extends Registered>(listener: T, at: Instant): T {
  if (listener.nextPollAt <= at) return { ...listener, dueAt: earlier(listener.dueAt, at) }
  return { ...listener, nextPollAt: at, dueAt: earlier(listener.dueAt, at) }
}
