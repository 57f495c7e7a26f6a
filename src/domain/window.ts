import type { Instant } from './instant.ts'

/**
 * A tick as the edge of a window. Everything stamped at or below `floor` is settled; between `floor` and `at`
 * the snapshot decides. The rule and why it is right: sql/0002_window.sql.
 */
export interface Edge {
  /** What people see: the since or before timestamp, whole milliseconds. */
  readonly at: Instant
  readonly floor: Instant
  /** `pg_snapshot` as text; null where plain timestamps decide (or, at a lower edge, where repeats are accepted). */
  readonly snapshot: string | null
}

/** The changes in `(since, before]`, fixed when it is opened. */
export interface Window {
  readonly since: Edge
  readonly before: Edge
}

/** The place after a record, in the order of a window: (changed at, key). */
export interface Position {
  readonly changedAt: Instant
  readonly key: string
}

/** An edge at which nobody was writing: its timestamp alone decides. */
export function plainEdge(at: Instant): Edge {
  return { at, floor: at, snapshot: null }
}

/** What a page of a window is: two listeners that agree on all of it are sent the same bytes. */
export interface PageRequest {
  readonly service: string
  readonly window: Window
  /** Null: from the start of the window. */
  readonly after: Position | null
  readonly limit: number
  /** `include`/`exclude` as registered; null: whole records. */
  readonly projection: string | null
}

/** Tells page requests apart; equal requests give equal text. */
export function pageKey(request: PageRequest): string {
  const { service, window, after, limit, projection } = request
  return JSON.stringify([
    service,
    edgeKey(window.since),
    edgeKey(window.before),
    after?.changedAt,
    after?.key,
    limit,
    projection,
  ])
}

function edgeKey(edge: Edge): readonly unknown[] {
  return [edge.at, edge.floor, edge.snapshot]
}
