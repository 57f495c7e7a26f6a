import type { Instant } from './instant.ts'
import { earlier } from './instant.ts'
import type { Listener } from './listener.ts'
import type { PageRequest, Window } from './window.ts'

/**
 * What a turn does next with a listener. The first line that holds decides:
 *
 * | the listener                                       | step                                  |
 * |----------------------------------------------------|---------------------------------------|
 * | is disabled                                        | rest (the sweep leaves it alone)      |
 * | is on hold, and its next probe is not due          | rest until then                       |
 * | is on hold, and its next probe is due              | heartbeat                             |
 * | goes to a target that no heartbeat has proven yet  | heartbeat                             |
 * | has a heartbeat due                                | heartbeat                             |
 * | has an open window, includePayload Y               | page                                  |
 * | has an open window, includePayload N               | event                                 |
 * | otherwise                                          | rest until the next poll or heartbeat |
 *
 * Looking for news and opening a window is the sweep's: one look serves many listeners.
 */
export type Step =
  | { readonly kind: 'heartbeat' }
  | { readonly kind: 'page'; readonly request: PageRequest }
  | { readonly kind: 'event'; readonly window: Window }
  | { readonly kind: 'rest'; readonly until: Instant | null }

export function nextStep(listener: Listener, now: Instant): Step {
  if (!listener.enabled) return { kind: 'rest', until: null }
  if (heartbeatDue(listener, now)) return { kind: 'heartbeat' }
  if (onHold(listener)) return { kind: 'rest', until: listener.nextHeartbeatAt }
  const window = openWindow(listener)
  if (!window) return { kind: 'rest', until: earlier(listener.nextPollAt, listener.nextHeartbeatAt) }
  if (!listener.includePayload) return { kind: 'event', window }
  return { kind: 'page', request: pageOf(listener, window) }
}

/** On hold: the last call failed, and nothing but heartbeats goes out. */
export function onHold(listener: Pick<Listener, 'failures'>): boolean {
  return listener.failures > 0
}

/** Whether a heartbeat must succeed before anything else goes out. On hold, only the probe's time counts. */
export function heartbeatDue(
  listener: Pick<Listener, 'failures' | 'provenRevision' | 'targetRevision' | 'nextHeartbeatAt'>,
  now: Instant,
): boolean {
  if (now >= listener.nextHeartbeatAt) return true
  return !onHold(listener) && listener.provenRevision !== listener.targetRevision
}

/** The window being published, or null. */
export function openWindow(listener: Pick<Listener, 'since' | 'before'>): Window | null {
  return listener.before && { since: listener.since, before: listener.before }
}

/** The next page of a listener's open window, by its settings of this moment. */
export function pageOf(listener: Listener, window: Window): PageRequest {
  return {
    service: listener.service,
    window,
    after: listener.after,
    limit: listener.pageLimit,
    projection: listener.queryParameter,
  }
}
