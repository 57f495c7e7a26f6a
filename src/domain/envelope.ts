import { createHash } from 'node:crypto'
import { toIsoMillis, type Instant } from './instant.ts'
import type { Page } from './page.ts'
import type { PageRequest, Window } from './window.ts'

/**
 * The bodies that go over the wire. The type words and `payload` are documented (004); the other field names are
 * ours (DESIGN, "What goes over the wire").
 */
interface Named {
  readonly service: string
  readonly listenerName: string
}

/** What the bodies that announce records say of their service: the fields of a record that make its key. */
interface Keyed {
  readonly keyParts: readonly string[]
}

/** A ping that must succeed before anything is published. */
export function heartbeatBody(listener: Named, now: Instant): Buffer {
  return json({ type: 'HEARTBEAT', ...named(listener), timestamp: toIsoMillis(now) })
}

/** A hint to pull; `href` is the publish API's URL for exactly this window. */
export function eventBody(listener: Named, { keyParts }: Keyed, window: Window, href: string): Buffer {
  return json({
    type: 'EVENT',
    ...named(listener),
    keyParts,
    ...edges(window),
    links: [{ rel: 'publish', href }],
  })
}

/** The data itself: the page's bytes as they are, wrapped. */
export function payloadBody(listener: Named, { keyParts }: Keyed, window: Window, page: Page): Buffer {
  const head = JSON.stringify({ type: 'PAYLOAD', ...named(listener), keyParts, ...edges(window) })
  return Buffer.concat([Buffer.from(`${head.slice(0, -1)},"payload":`), page.bytes, Buffer.from('}')])
}

/**
 * The webhook id of a page: the same for every attempt at the same records, another one as soon as they differ.
 * A receiver that drops what it has seen must never drop a page whose records have changed since: within a
 * window records only leave, so place, last record and count tell any two versions of a page apart.
 */
export function payloadId(listenerUid: string, generation: number, request: PageRequest, page: Page): string {
  const { window, after, projection } = request
  return webhookId([
    listenerUid,
    'PAYLOAD',
    generation,
    window.since.at,
    window.before.at,
    projection,
    after?.changedAt,
    after?.key,
    page.last?.changedAt,
    page.last?.key,
    page.count,
    page.hasMore,
  ])
}

/** The webhook id of an event: one for each window. */
export function eventId(listenerUid: string, generation: number, window: Window): string {
  return webhookId([listenerUid, 'EVENT', generation, window.since.at, window.before.at])
}

/** The webhook id of a heartbeat: one for each time it is due. */
export function heartbeatId(listenerUid: string, targetRevision: number, dueAt: Instant): string {
  return webhookId([listenerUid, 'HEARTBEAT', targetRevision, dueAt])
}

function webhookId(parts: readonly unknown[]): string {
  return `msg_${createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 27)}`
}

function named({ service, listenerName }: Named): Named {
  return { service, listenerName }
}

function edges(window: Window): { sinceTimestamp: string; beforeTimestamp: string } {
  return { sinceTimestamp: toIsoMillis(window.since.at), beforeTimestamp: toIsoMillis(window.before.at) }
}

function json(body: unknown): Buffer {
  return Buffer.from(JSON.stringify(body))
}
