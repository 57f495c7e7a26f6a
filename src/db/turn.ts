import { sql, type RawBuilder } from 'kysely'
import type { Instant } from '../domain/instant.ts'
import type { Listener } from '../domain/listener.ts'
import type { Edge, Position } from '../domain/window.ts'
import { insertAttemptSql, type NewAttempt } from './attempt.ts'
import { toListener, type ListenerRow } from './listener.ts'
import type { Db, DbOrTx } from './pool.ts'

/** A listener as a turn sees it, with the database's clock. */
export interface TurnRow {
  readonly listener: Listener
  readonly now: Instant
}

/** Who saves: changes nothing once another token stands in the row. */
export interface TurnOwner {
  readonly listenerName: string
  readonly token: string
}

/** Which process wants something of a listener. */
export interface TurnTaker {
  readonly listenerName: string
  readonly engine: number
}

/**
 * Notes who has fetched these jobs, in the transaction that fetches them, so that those of a process which dies before
 * it begins are found like all its others. Rows that somebody else is working on are left alone: with no lock to wait
 * for, this cannot wait in a circle with a sweep, which locks listeners before jobs.
 */
export async function reserveTurns(
  tx: DbOrTx,
  engine: number,
  jobs: readonly { readonly id: string; readonly listenerName: string; readonly queue: string }[],
): Promise<void> {
  await sql`
    with mine as materialized (
      select l.listener_name, j.id, j.queue
      from unnest(${jobs.map((job) => job.listenerName)}::text[], ${jobs.map((job) => job.id)}::uuid[],
        ${jobs.map((job) => job.queue)}::text[]) j(listener_name, id, queue)
      join sincewire.listener l using (listener_name)
      where l.turn_token is null for update of l skip locked
    )
    update sincewire.listener l set turn_engine = ${engine}, turn_job = mine.id, turn_queue = mine.queue
    from mine where l.listener_name = mine.listener_name`.execute(tx)
}

/**
 * Takes a listener for a turn. A window that no turn has had before is moved up to `tick`, if that is a later one of
 * this database: a crash or a failover may have forgotten it. Undefined: no such listener.
 */
export async function takeTurn(
  db: DbOrTx,
  turn: TurnOwner & TurnTaker & { readonly service: string; readonly job: string; readonly queue: string },
  tick: Edge | null,
): Promise<TurnRow | undefined> {
  const moves = tick
    ? sql`not l.window_begun and l.service = ${turn.service} and l.before_timestamp < ${tick.at}::timestamptz
        and ${tick.at}::timestamptz <= (select timestamptz 'epoch' + last_value * interval '1 microsecond' from sincewire.tick_clock)`
    : sql`false`
  const edge = tick
    ? sql`before_timestamp = case when ${moves} then ${tick.at}::timestamptz else l.before_timestamp end,
      before_floor = case when ${moves} then ${tick.floor}::timestamptz else l.before_floor end,
      before_snapshot = case when ${moves} then ${tick.snapshot}::pg_snapshot else l.before_snapshot end,`
    : sql``
  const { rows } = await sql<ListenerRow & { now: Instant }>`
    update sincewire.listener l set ${edge} window_begun = l.before_timestamp is not null,
      turn_token = ${turn.token}, turn_job = ${turn.job}, turn_queue = ${turn.queue},
      turn_engine = ${turn.engine}
    from sincewire.schedule s where l.listener_name = ${turn.listenerName} and s.listener_name = l.listener_name
    returning l.*, s.next_poll_at, clock_timestamp() as now`.execute(db)
  return rows[0] && toTurnRow(rows[0])
}

/** The listener as it stands, or undefined when it is no longer this turn's. */
export async function loadTurn(db: DbOrTx, owner: TurnOwner): Promise<TurnRow | undefined> {
  const { rows } = await sql<ListenerRow & { now: Instant }>`
    select l.*, s.next_poll_at, clock_timestamp() as now
    from sincewire.listener l join sincewire.schedule s using (listener_name) where ${ownedBy(owner)}`.execute(
    db,
  )
  return rows[0] && toTurnRow(rows[0])
}

const NO_WINDOW = sql`before_timestamp = null, before_floor = null, before_snapshot = null,
  offset_changed_at = null, offset_key = null`

/** A page arrived (next: its last record) or the window is done (next: null), if the window is still the one meant. */
export async function saveProgress(
  db: DbOrTx,
  owner: TurnOwner,
  generation: number,
  next: Position | null,
  attempt: NewAttempt,
): Promise<TurnRow | undefined> {
  const change = next
    ? sql`offset_changed_at = ${next.changedAt}::timestamptz, offset_key = ${next.key}`
    : sql`since_timestamp = before_timestamp, since_floor = before_floor, since_snapshot = before_snapshot, ${NO_WINDOW}`
  return save(db, owner, change, inWindow(generation), attempt)
}

/** Closes a window of which nothing was published; the since stays. */
export async function dropWindow(
  db: DbOrTx,
  owner: TurnOwner,
  generation: number,
): Promise<TurnRow | undefined> {
  return save(db, owner, NO_WINDOW, inWindow(generation), null)
}

function inWindow(generation: number): RawBuilder<unknown> {
  return sql`generation = ${generation} and before_timestamp is not null`
}

/** The target of that revision answered a heartbeat: it is proven, any hold is over. */
export async function saveHeartbeat(
  db: DbOrTx,
  owner: TurnOwner,
  targetRevision: number,
  attempt: NewAttempt,
): Promise<TurnRow | undefined> {
  const change = sql`proven_revision = target_revision, failures = 0, hold_since = null, heartbeat_error = null,
    next_heartbeat_at = clock_timestamp() + make_interval(hours => heartbeat_interval_hours)`
  return save(db, owner, change, sql`target_revision = ${targetRevision}`, attempt)
}

/** A call to the target of that revision failed: hold, probe after so many milliseconds. */
export async function saveHold(
  db: DbOrTx,
  owner: TurnOwner,
  targetRevision: number,
  hold: { readonly milliseconds: number; readonly error: string },
  attempt: NewAttempt,
): Promise<TurnRow | undefined> {
  const change = sql`failures = failures + 1, hold_since = coalesce(hold_since, clock_timestamp()),
    heartbeat_error = ${hold.error}, next_heartbeat_at = clock_timestamp() + make_interval(secs => ${hold.milliseconds}::float8 / 1000)`
  return save(db, owner, change, sql`target_revision = ${targetRevision}`, attempt)
}

/** The target of that revision wants no more: disabled until an operator enables it. */
export async function saveGone(
  db: DbOrTx,
  owner: TurnOwner,
  targetRevision: number,
  reason: string,
  attempt: NewAttempt,
): Promise<TurnRow | undefined> {
  return save(
    db,
    owner,
    sql`enabled = false, disabled_reason = ${reason}`,
    sql`target_revision = ${targetRevision}`,
    attempt,
  )
}

/**
 * Ends a turn and, in the same transaction, whatever `removeJob` removes: were the job to outlive the turn, the
 * sweep could not queue the next one. A change that made the listener due meanwhile stays due.
 * `dueInMilliseconds`: when to look again; null: by the listener's own schedule.
 */
export async function endTurn(
  db: Db,
  owner: TurnOwner & TurnTaker,
  dueInMilliseconds: number | null,
  removeJob: (tx: DbOrTx) => Promise<void>,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { numAffectedRows } = await sql`
      with ended as (
        update sincewire.listener l set turn_token = null, turn_engine = null, turn_job = null, turn_queue = null
        where ${ownedBy(owner)} returning l.listener_name, l.failures, l.next_heartbeat_at
      )
      update sincewire.schedule s set
        due_at = case when ${dueInMilliseconds}::float8 is not null then clock_timestamp() + make_interval(secs => ${dueInMilliseconds}::float8 / 1000)
                      when due_at <= clock_timestamp() then due_at
                      when ended.failures > 0 then ended.next_heartbeat_at
                      else least(next_poll_at, ended.next_heartbeat_at) end
      from ended where s.listener_name = ended.listener_name`.execute(tx)
    // Deleted and registered anew during the turn: its first job found this one in its way.
    if (numAffectedRows === 0n) await makeDue(tx, owner, 0)
    await removeJob(tx)
  })
}

/** Gives a job back that never became a turn: the listener is due again after so many milliseconds. */
export async function handBack(
  db: Db,
  taker: TurnTaker,
  milliseconds: number,
  removeJob: (tx: DbOrTx) => Promise<void>,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await makeDue(tx, taker, milliseconds)
    await removeJob(tx)
  })
}

/** A listener that waits for a turn it will not get by its job is due again, unless another process has fetched one. */
async function makeDue(tx: DbOrTx, { listenerName, engine }: TurnTaker, milliseconds: number): Promise<void> {
  await sql`
    with waiting as (
      update sincewire.listener set turn_queue = null, turn_engine = null, turn_job = null
      where listener_name = ${listenerName} and turn_token is null and coalesce(turn_engine, ${engine}) = ${engine}
      returning listener_name
    )
    update sincewire.schedule s set due_at = clock_timestamp() + make_interval(secs => ${milliseconds}::float8 / 1000)
    from waiting where s.listener_name = waiting.listener_name`.execute(tx)
}

/** One statement for the change and its attempt, whether the change still counts or not. */
async function save(
  db: DbOrTx,
  owner: TurnOwner,
  change: RawBuilder<unknown>,
  guard: RawBuilder<unknown>,
  attempt: NewAttempt | null,
): Promise<TurnRow | undefined> {
  const kept = attempt ? sql`with kept as (${insertAttemptSql(attempt)})` : sql``
  const { rows } = await sql<ListenerRow & { now: Instant }>`${kept}
    update sincewire.listener l set ${change} from sincewire.schedule s
    where s.listener_name = l.listener_name and ${ownedBy(owner)} and ${guard}
    returning l.*, s.next_poll_at, clock_timestamp() as now`.execute(db)
  return rows[0] ? toTurnRow(rows[0]) : loadTurn(db, owner)
}

function ownedBy({ listenerName, token }: TurnOwner): RawBuilder<unknown> {
  return sql`l.listener_name = ${listenerName} and l.turn_token = ${token}`
}

function toTurnRow(row: ListenerRow & { now: Instant }): TurnRow {
  return { listener: toListener(row), now: row.now }
}
