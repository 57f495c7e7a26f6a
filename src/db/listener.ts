import { sql, type Selectable } from 'kysely'
import type { Registered } from '../domain/amend.ts'
import type { Instant } from '../domain/instant.ts'
import type { Listener } from '../domain/listener.ts'
import type { Edge } from '../domain/window.ts'
import { SECRET_COLUMNS, secretColumns, toSecrets, type StoredSecrets } from './listenerSecrets.ts'
import type { DbOrTx } from './pool.ts'
import type { ListenerTable } from './tables/listener.ts'
import type { ScheduleTable } from './tables/schedule.ts'

/** A listener's row and of its schedule what the domain's Listener has. */
export type ListenerRow = Selectable<ListenerTable> & Pick<Selectable<ScheduleTable>, 'next_poll_at'>

/** A listener with all that a change of registration reads or writes. */
export interface StoredListener extends Registered, StoredSecrets {
  /** The client that registered it; never changes. Null: registered before there were clients. */
  readonly owner: string | null
}

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

function toStored(row: ListenerRow & Selectable<ScheduleTable>): StoredListener {
  return {
    ...toListener(row),
    dueAt: row.due_at,
    disabledReason: row.disabled_reason,
    owner: row.owner,
    ...toSecrets(row),
  }
}

/** The named listeners that exist. `lock`: their rows are ours until the transaction ends. */
export async function findListeners(
  db: DbOrTx,
  names: readonly string[],
  { lock }: { readonly lock: boolean },
): Promise<StoredListener[]> {
  const query = db
    .selectFrom('sincewire.listener as l')
    .innerJoin('sincewire.schedule as s', 's.listener_name', 'l.listener_name')
    .selectAll('l')
    .select(['s.due_at', 's.next_poll_at'])
    .where('l.listener_name', '=', sql<string>`any(${names})`)
    .orderBy('l.listener_name') // always the same order, so that two transactions cannot wait for each other
  const rows = await (lock ? query.forUpdate(['l', 's']) : query).execute()
  return rows.map(toStored)
}

/** The listeners that use a credential, at most so many. */
export function listenersUsing(db: DbOrTx, credentialName: string, limit: number) {
  return db
    .selectFrom('sincewire.listener')
    .select(['listener_name', 'service', 'owner'])
    .where('credential_name', '=', credentialName)
    .orderBy('service')
    .orderBy('listener_name')
    .limit(limit)
    .execute()
}

/** A listener's target with its credential, both sealed and both of one moment; undefined when it is gone. */
export function findTarget(db: DbOrTx, listenerName: string) {
  return db
    .selectFrom('sincewire.listener as l')
    .innerJoin('sincewire.credential as c', 'c.credential_name', 'l.credential_name')
    .selectAll('c')
    .select(['l.uid', 'l.target_revision'])
    .select(SECRET_COLUMNS.map((column) => `l.${column}` as const))
    .where('l.listener_name', '=', listenerName)
    .executeTakeFirst()
}

const WRITTEN = [
  'credential_name', 'listener_url', 'enabled', 'include_payload', 'interval_seconds', 'page_limit',
  'query_parameter', 'heartbeat_interval_hours', ...SECRET_COLUMNS, 'generation',
  'target_revision', 'since_timestamp', 'since_floor', 'since_snapshot', 'before_timestamp', 'before_floor',
  'before_snapshot', 'offset_changed_at', 'offset_key', 'next_heartbeat_at',
  'failures', 'hold_since', 'heartbeat_error', 'disabled_reason', 'updated_at',
] as const satisfies readonly (keyof ListenerTable)[] // prettier-ignore

/** Writes new registrations, in one statement however many. */
export async function insertListeners(
  tx: DbOrTx,
  listeners: readonly StoredListener[],
  now: Instant,
): Promise<void> {
  if (listeners.length === 0) return
  const columns = columnList(['listener_name', 'uid', 'service', 'owner', ...WRITTEN])
  await sql`
    with given as materialized (select ${toJson(listeners, now)}::jsonb as rows), registered as (
      insert into sincewire.listener (${columns})
      select ${columns} from given, jsonb_populate_recordset(null::sincewire.listener, rows)
    )
    insert into sincewire.schedule (listener_name, due_at, next_poll_at)
    select listener_name, due_at, next_poll_at from given, jsonb_populate_recordset(null::sincewire.schedule, rows)
  `.execute(tx)
}

/** Writes changed registrations whose rows are locked. What the engine alone moves (turn, proof) is left alone. */
export async function updateListeners(
  tx: DbOrTx,
  listeners: readonly StoredListener[],
  now: Instant,
): Promise<void> {
  if (listeners.length === 0) return
  await sql`
    with given as materialized (select ${toJson(listeners, now)}::jsonb as rows), changed as (
      update sincewire.listener l set (${columnList(WRITTEN)}) = (${columnList(WRITTEN, 'p.')})
      from given, jsonb_populate_recordset(null::sincewire.listener, rows) p
      where l.listener_name = p.listener_name
    )
    update sincewire.schedule s set due_at = p.due_at, next_poll_at = p.next_poll_at
    from given, jsonb_populate_recordset(null::sincewire.schedule, rows) p
    where s.listener_name = p.listener_name
  `.execute(tx)
}

/** Removes registrations and every trace of their calls. */
export async function deleteListeners(tx: DbOrTx, uids: readonly string[]): Promise<void> {
  if (uids.length === 0) return
  await sql`delete from sincewire.listener where uid = any(${uids}::uuid[])`.execute(tx)
  await sql`delete from sincewire.attempt where listener_uid = any(${uids}::uuid[])`.execute(tx)
}

/**
 * A credential's content changed: what domain/amend.ts `retarget` does to one listener, for all that use it in one
 * statement, since there may be very many.
 */
export async function retargetListeners(tx: DbOrTx, credentialName: string, now: Instant): Promise<number> {
  const { numAffectedRows } = await sql`
    with mine as (
      select l.listener_name, l.failures from sincewire.listener l
      join sincewire.schedule s using (listener_name)
      where l.credential_name = ${credentialName} order by l.listener_name for update of l, s
    ), aimed as (
      update sincewire.listener l set
        target_revision = target_revision + 1,
        failures = 0, hold_since = null, heartbeat_error = null,
        next_heartbeat_at = least(next_heartbeat_at, ${now}),
        updated_at = ${now}
      from mine where l.listener_name = mine.listener_name
    )
    update sincewire.schedule s set
      next_poll_at = case when mine.failures > 0 then least(next_poll_at, ${now}) else next_poll_at end,
      due_at = least(due_at, ${now})
    from mine where s.listener_name = mine.listener_name
  `.execute(tx)
  return Number(numAffectedRows ?? 0)
}

/** The lower edge that each given since stands for, in the order given: exact, or a repeat at worst (0002_window.sql). */
export async function resolveSince(
  tx: DbOrTx,
  asked: readonly { readonly service: string; readonly since: Instant }[],
): Promise<Edge[]> {
  if (asked.length === 0) return []
  const { rows } = await sql<Edge>`
    select a.since as at, e.floor, e.snapshot
    from unnest(${asked.map((each) => each.service)}::text[], ${asked.map((each) => each.since)}::timestamptz[])
      with ordinality as a (service, since, place)
    cross join lateral sincewire.lower_edge(a.service, a.since) e
    order by a.place
  `.execute(tx)
  return rows
}

function columnList(columns: readonly string[], prefix = '') {
  return sql.join(columns.map((column) => sql.ref(prefix + column)))
}

function toJson(listeners: readonly StoredListener[], now: Instant): string {
  return JSON.stringify(listeners.map((listener) => toRow(listener, now)))
}

function toRow(listener: StoredListener, now: Instant) {
  return {
    listener_name: listener.listenerName,
    uid: listener.uid,
    service: listener.service,
    owner: listener.owner,
    credential_name: listener.credentialName,
    listener_url: listener.listenerUrl,
    enabled: listener.enabled,
    include_payload: listener.includePayload,
    interval_seconds: listener.intervalSeconds,
    page_limit: listener.pageLimit,
    query_parameter: listener.queryParameter,
    heartbeat_interval_hours: listener.heartbeatIntervalHours,
    ...secretColumns(listener),
    generation: listener.generation,
    target_revision: listener.targetRevision,
    since_timestamp: listener.since.at,
    since_floor: listener.since.floor,
    since_snapshot: listener.since.snapshot,
    before_timestamp: listener.before?.at ?? null,
    before_floor: listener.before?.floor ?? null,
    before_snapshot: listener.before?.snapshot ?? null,
    offset_changed_at: listener.after?.changedAt ?? null,
    offset_key: listener.after?.key ?? null,
    due_at: listener.dueAt,
    next_poll_at: listener.nextPollAt,
    next_heartbeat_at: listener.nextHeartbeatAt,
    failures: listener.failures,
    hold_since: listener.holdSince,
    heartbeat_error: listener.heartbeatError,
    disabled_reason: listener.disabledReason,
    updated_at: now,
  } satisfies Partial<Record<keyof (ListenerTable & ScheduleTable), unknown>>
}
