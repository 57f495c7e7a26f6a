import type { Selectable } from 'kysely'
import type { Instant } from '../domain/instant.ts'
import type { Listener } from '../domain/listener.ts'
import type { Edge } from '../domain/window.ts'
import type { ListenerTable } from './tables/listener.ts'

export type ListenerRow = Selectable<ListenerTable>

/** A row as the domain knows it: edges and position instead of column triples, no secret. */
export function toListener(row: ListenerRow): Listener {
  return {
    uid: row.uid,
    listenerName: row.listener_name,
    service: row.service,
    credentialName: row.credential_name,
    listenerUrl: row.listener_url,
    enabled: row.enabled,
    includePayload: row.include_payload,
    intervalSeconds: row.interval_seconds,
    pageLimit: row.page_limit,
    queryParameter: row.query_parameter,
    heartbeatIntervalHours: row.heartbeat_interval_hours,
    generation: row.generation,
    targetRevision: row.target_revision,
    provenRevision: row.proven_revision,
    since: { at: row.since_timestamp, floor: row.since_floor, snapshot: row.since_snapshot },
    before: edge(row.before_timestamp, row.before_floor, row.before_snapshot),
    after:
      row.offset_changed_at === null || row.offset_key === null
        ? null
        : { changedAt: row.offset_changed_at, key: row.offset_key },
    nextPollAt: row.next_poll_at,
    nextHeartbeatAt: row.next_heartbeat_at,
    failures: row.failures,
    holdSince: row.hold_since,
    heartbeatError: row.heartbeat_error,
  }
}

// The table's checks hold timestamp and floor together; null together means that no window is open.
function edge(at: Instant | null, floor: Instant | null, snapshot: string | null): Edge | null {
  return at === null || floor === null ? null : { at, floor, snapshot }
}
