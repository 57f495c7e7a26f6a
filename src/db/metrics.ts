import { sql } from 'kysely'
import type { Instant } from '../domain/instant.ts'
import type { CallKind } from '../domain/listener.ts'
import type { DbOrTx } from './pool.ts'

/** A listener's calls on one day. */
export interface DayOfCalls {
  readonly listenerUid: string
  /** GMT, `2026-11-20`. */
  readonly date: string
  /** Attempts to publish; heartbeats are counted apart. */
  readonly count: number
  readonly countSuccess: number
  readonly countHeartbeat: number
  readonly countSuccessHeartbeat: number
  readonly lastPublish: LastCall | null
  readonly lastHeartbeat: LastCall | null
}

export interface LastCall {
  readonly at: Instant
  readonly kind: CallKind
  readonly status: number | null
  readonly error: string | null
  readonly recordCount: number | null
  readonly durationMilliseconds: number
}

interface Row {
  listener_uid: string
  date: string
  count: number
  count_success: number
  count_heartbeat: number
  count_success_heartbeat: number
  publish_at: Instant | null
  publish_kind: CallKind
  publish_status: number | null
  publish_error: string | null
  publish_records: number | null
  publish_ms: number
  heartbeat_at: Instant | null
  heartbeat_status: number | null
  heartbeat_error: string | null
  heartbeat_ms: number
}

/** Today's and yesterday's calls (GMT, by the database's clock) of listeners, newest day first; days without calls lack. */
export async function listDaysOfCalls(db: DbOrTx, uids: readonly string[]): Promise<DayOfCalls[]> {
  const { rows } = await sql<Row>`
    with day as (
      select listener_uid, date_trunc('day', attempted_at at time zone 'UTC') as day,
        count(*) filter (where kind <> 'HEARTBEAT') as count,
        count(*) filter (where kind <> 'HEARTBEAT' and succeeded) as count_success,
        count(*) filter (where kind = 'HEARTBEAT') as count_heartbeat,
        count(*) filter (where kind = 'HEARTBEAT' and succeeded) as count_success_heartbeat,
        max(attempt_id) filter (where kind <> 'HEARTBEAT') as publish_id,
        max(attempt_id) filter (where kind = 'HEARTBEAT') as heartbeat_id
      from sincewire.attempt
      where listener_uid = any(${uids}::uuid[])
        and attempted_at >= date_trunc('day', now() at time zone 'UTC') at time zone 'UTC' - interval '1 day'
      group by 1, 2
    )
    select d.listener_uid, to_char(d.day, 'YYYY-MM-DD') as date,
      d.count, d.count_success, d.count_heartbeat, d.count_success_heartbeat,
      p.attempted_at as publish_at, p.kind as publish_kind, p.status as publish_status, p.error as publish_error,
      p.record_count as publish_records, p.duration_ms as publish_ms,
      h.attempted_at as heartbeat_at, h.status as heartbeat_status, h.error as heartbeat_error,
      h.duration_ms as heartbeat_ms
    from day d
    left join sincewire.attempt p on p.attempt_id = d.publish_id
    left join sincewire.attempt h on h.attempt_id = d.heartbeat_id
    order by d.listener_uid, d.day desc
  `.execute(db)
  return rows.map(toDay)
}

function toDay(row: Row): DayOfCalls {
  return {
    listenerUid: row.listener_uid,
    date: row.date,
    count: row.count,
    countSuccess: row.count_success,
    countHeartbeat: row.count_heartbeat,
    countSuccessHeartbeat: row.count_success_heartbeat,
    lastPublish:
      row.publish_at === null
        ? null
        : {
            at: row.publish_at,
            kind: row.publish_kind,
            status: row.publish_status,
            error: row.publish_error,
            recordCount: row.publish_records,
            durationMilliseconds: row.publish_ms,
          },
    lastHeartbeat:
      row.heartbeat_at === null
        ? null
        : {
            at: row.heartbeat_at,
            kind: 'HEARTBEAT',
            status: row.heartbeat_status,
            error: row.heartbeat_error,
            recordCount: null,
            durationMilliseconds: row.heartbeat_ms,
          },
  }
}
