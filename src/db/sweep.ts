import { sql, type RawBuilder } from 'kysely'
import type { Instant } from '../domain/instant.ts'
import type { Listener } from '../domain/listener.ts'
import type { Edge } from '../domain/window.ts'
import { toListener, type ListenerRow } from './listener.ts'
import type { DbOrTx } from './pool.ts'

/** First key of the advisory locks that engine processes hold; the second is their number. */
export const ENGINE_LOCK_CLASS = 7_469_213

export interface ClaimedRow {
  readonly listener: Listener
  readonly inTurn: boolean
  readonly queue: string | null
}

export interface Claim {
  readonly now: Instant
  readonly rows: readonly ClaimedRow[]
}

export interface PutOff {
  readonly due: number
  /** How many of them were idle, and are put off. */
  readonly idle: number
}

/** Puts off what is idle among the earliest due listeners, at most `limit`. The rule: sql/0009_schedule.sql. */
export async function putOffIdle(db: DbOrTx, limit: number): Promise<PutOff> {
  const { rows } = await sql<PutOff>`select due, idle from sincewire.put_off_idle(${limit}::integer)`.execute(
    db,
  )
  return rows[0] ?? { due: 0, idle: 0 }
}

/** Locks enabled listeners that are due, at most so many, earliest first, for the length of the transaction. */
export async function claimDue(tx: DbOrTx, limit: number): Promise<Claim> {
  return claim(tx, sql`s.due_at <= statement_timestamp()`, sql`order by s.due_at limit ${limit}`)
}

/** Locks the enabled listeners of woken services whose interval is short, but not those whose turn is running. */
export async function claimWoken(
  tx: DbOrTx,
  services: readonly string[],
  maxIntervalSeconds: number,
): Promise<Claim> {
  const woken = sql`l.service = any(${services}::text[]) and l.interval_seconds <= ${maxIntervalSeconds}
    and l.turn_engine is null`
  return claim(tx, woken, sql``)
}

// Rows that another process is working on are skipped. The listener's is locked too: what an operator changes
// meanwhile waits for what the sweep has decided.
async function claim(tx: DbOrTx, which: RawBuilder<unknown>, order: RawBuilder<unknown>): Promise<Claim> {
  const { rows } = await sql<ListenerRow & { now: Instant }>`
    select l.*, s.next_poll_at, statement_timestamp() as now
    from sincewire.schedule s join sincewire.listener l using (listener_name)
    where l.enabled and ${which} ${order} for update of l, s skip locked`.execute(tx)
  return {
    now: rows.at(-1)?.now ?? '',
    rows: rows.map((row) => ({
      listener: toListener(row),
      inTurn: row.turn_engine !== null,
      queue: row.turn_queue,
    })),
  }
}

/** What the sweep decided for one listener. */
export interface PlannedRow {
  readonly listenerName: string
  readonly open: Edge | null
  readonly nextPollAt: Instant
  readonly dueAt: Instant
  readonly queue: string | null
}

/** Writes the plans of one claim in one statement. */
export async function applyPlans(tx: DbOrTx, plans: readonly PlannedRow[]): Promise<void> {
  if (plans.length === 0) return
  const column = (of: (plan: PlannedRow) => string | null, type: RawBuilder<unknown>) =>
    sql`${plans.map(of)}::${type}[]`
  const timestamp = sql`timestamptz`
  await sql`
    with p as materialized (
      select * from unnest(
        ${column((p) => p.listenerName, sql`text`)}, ${column((p) => p.nextPollAt, timestamp)}, ${column((p) => p.dueAt, timestamp)},
        ${column((p) => p.queue, sql`text`)}, ${column((p) => p.open?.at ?? null, timestamp)},
        ${column((p) => p.open?.floor ?? null, timestamp)}, ${column((p) => p.open?.snapshot ?? null, sql`pg_snapshot`)}
      ) p(listener_name, next_poll_at, due_at, queue, at, floor, snapshot)
    ), busy as (
      update sincewire.listener l set turn_queue = coalesce(p.queue, l.turn_queue),
        window_begun = l.window_begun and p.at is null,
        before_timestamp = coalesce(p.at, l.before_timestamp), before_floor = coalesce(p.floor, l.before_floor),
        before_snapshot = coalesce(p.snapshot, l.before_snapshot)
      from p where l.listener_name = p.listener_name and (p.queue is not null or p.at is not null)
    )
    update sincewire.schedule s set next_poll_at = p.next_poll_at, due_at = p.due_at
    from p where s.listener_name = p.listener_name`.execute(tx)
}

export interface OrphanRow {
  readonly queue: string
  readonly job: string
}

// The select makes it one question a statement, and none when no turn is running.
const orphaned = sql`turn_engine is not null
  and turn_engine <> all ((select sincewire.living_engines(${sql.lit(ENGINE_LOCK_CLASS)}))::bigint[])`

export interface Outlook {
  /** Whether some turn belongs to an engine process that no longer holds its advisory lock. */
  readonly orphans: boolean
  /** How far the database's clock is behind the last tick: more than nothing only after it stepped back. */
  readonly behindSeconds: number
}

/** What a sweep should know beside what is due. */
export async function lookAround(db: DbOrTx): Promise<Outlook> {
  const { rows } = await sql<Outlook>`
    select exists (select from sincewire.listener where ${orphaned}) as orphans,
      extract(epoch from last_before - clock_timestamp())::float8 as "behindSeconds"
    from sincewire.tick_state`.execute(db)
  return rows[0] ?? { orphans: false, behindSeconds: 0 }
}

/**
 * The clock stepped back: what was due in a moment would be due in an hour. Everything is due now instead, for the
 * sweep to put off anew, and who is on hold is probed; no heartbeat is further away than its interval.
 */
export async function makeAllDue(db: DbOrTx): Promise<void> {
  await sql`
    with far as materialized (
      select listener_name, case when failures > 0 then statement_timestamp()
        else statement_timestamp() + make_interval(hours => heartbeat_interval_hours) end as latest
      from sincewire.listener order by listener_name for update
    ), nearer as (
      update sincewire.listener l set next_heartbeat_at = far.latest
      from far where l.listener_name = far.listener_name and l.next_heartbeat_at > far.latest
    )
    update sincewire.schedule s set due_at = least(due_at, statement_timestamp()),
      next_poll_at = least(next_poll_at, statement_timestamp())
    where s.due_at > statement_timestamp() or s.next_poll_at > statement_timestamp()`.execute(db)
}

/** Frees those turns; returns their jobs. */
export async function freeOrphans(tx: DbOrTx): Promise<readonly OrphanRow[]> {
  const { rows } = await sql<OrphanRow>`
    with o as materialized (
      select listener_name, turn_queue, turn_job from sincewire.listener where ${orphaned} for update skip locked
    ), due as (
      update sincewire.schedule s set due_at = clock_timestamp() from o where s.listener_name = o.listener_name
    )
    update sincewire.listener l set turn_engine = null, turn_token = null, turn_job = null, turn_queue = null
    from o where l.listener_name = o.listener_name
    returning o.turn_queue as queue, o.turn_job as job`.execute(tx)
  return rows
}

/** Milliseconds until the earliest listener is due, negative when it was; null: there is none. */
export async function millisecondsToNext(db: DbOrTx): Promise<number | null> {
  const { rows } = await sql<{ ms: number | null }>`
    select (extract(epoch from min(due_at) - clock_timestamp()) * 1000)::float8 as ms
    from sincewire.schedule`.execute(db)
  return rows[0]?.ms ?? null
}

/** A number for an engine process that no other of this database has. */
export async function nextEngineNumber(db: DbOrTx): Promise<number> {
  const { rows } = await sql<{ n: number }>`select nextval('sincewire.engine_number')::int as n`.execute(db)
  const [row] = rows
  if (!row) throw new Error('a sequence gave no number')
  return row.n
}
