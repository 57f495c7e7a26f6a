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

/**
 * Locks enabled listeners that are due, earliest first, and those of woken services whose interval is short;
 * rows that another process is working on are skipped. For the length of the transaction.
 */
export async function claimDue(
  tx: DbOrTx,
  request: {
    readonly limit: number
    readonly woken: readonly string[]
    readonly wakeMaxIntervalSeconds: number
  },
): Promise<Claim> {
  const { limit, woken, wakeMaxIntervalSeconds } = request
  const wokenToo =
    woken.length === 0
      ? sql``
      : sql`
    or (service = any(${woken}::text[]) and interval_seconds <= ${wakeMaxIntervalSeconds} and turn_engine is null)`
  const { rows } = await sql<ListenerRow & { now: Instant }>`
    select *, statement_timestamp() as now from sincewire.listener
    -- not clock_timestamp(): a volatile bound would read the whole index
    where enabled and (due_at <= statement_timestamp()${wokenToo})
    order by due_at limit ${limit} for update skip locked`.execute(tx)
  const now = rows.at(-1)?.now ?? ''
  return {
    now,
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
    update sincewire.listener l set
      next_poll_at = p.next_poll_at, due_at = p.due_at, turn_queue = coalesce(p.queue, l.turn_queue),
      before_timestamp = coalesce(p.at, l.before_timestamp), before_floor = coalesce(p.floor, l.before_floor),
      before_snapshot = coalesce(p.snapshot, l.before_snapshot)
    from unnest(
      ${column((p) => p.listenerName, sql`text`)}, ${column((p) => p.nextPollAt, timestamp)}, ${column((p) => p.dueAt, timestamp)},
      ${column((p) => p.queue, sql`text`)}, ${column((p) => p.open?.at ?? null, timestamp)},
      ${column((p) => p.open?.floor ?? null, timestamp)}, ${column((p) => p.open?.snapshot ?? null, sql`pg_snapshot`)}
    ) p(listener_name, next_poll_at, due_at, queue, at, floor, snapshot)
    where l.listener_name = p.listener_name`.execute(tx)
}

export interface OrphanRow {
  readonly queue: string
  readonly job: string
}

// Engine processes that live hold their advisory lock; read once a statement.
const orphaned = sql`turn_engine is not null and turn_engine <> all (array(
  select k.objid::bigint from pg_locks k
  where k.locktype = 'advisory' and k.classid = ${sql.lit(ENGINE_LOCK_CLASS)} and k.granted
    and k.database = (select oid from pg_database where datname = current_database())))`

/** Whether some turn belongs to an engine process that no longer holds its advisory lock. */
export async function hasOrphans(db: DbOrTx): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    select exists (select from sincewire.listener where ${orphaned}) as found`.execute(db)
  return rows[0]?.found === true
}

/** Frees those turns; returns their jobs. */
export async function freeOrphans(tx: DbOrTx): Promise<readonly OrphanRow[]> {
  const { rows } = await sql<OrphanRow>`
    update sincewire.listener l set turn_engine = null, turn_token = null, turn_job = null, turn_queue = null,
      due_at = clock_timestamp()
    from (select listener_name, turn_queue, turn_job from sincewire.listener where ${orphaned}
          for update skip locked) o
    where l.listener_name = o.listener_name
    returning o.turn_queue as queue, o.turn_job as job`.execute(tx)
  return rows
}

/** Milliseconds until the earliest enabled listener is due, negative when it was; null: there is none. */
export async function millisecondsToNext(db: DbOrTx): Promise<number | null> {
  const { rows } = await sql<{ ms: number | null }>`
    select (extract(epoch from min(due_at) - clock_timestamp()) * 1000)::float8 as ms
    from sincewire.listener where enabled`.execute(db)
  return rows[0]?.ms ?? null
}

/** A number for an engine process that no other of this database has. */
export async function nextEngineNumber(db: DbOrTx): Promise<number> {
  const { rows } = await sql<{ n: number }>`select nextval('sincewire.engine_number')::int as n`.execute(db)
  const [row] = rows
  if (!row) throw new Error('a sequence gave no number')
  return row.n
}
