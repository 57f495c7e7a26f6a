import { sql, type Selectable } from 'kysely'
import { republishOf, type RefreshOrder, type RefreshPhase, type RefreshRequest } from '../domain/refresh.ts'
import type { DbOrTx } from './pool.ts'
import type { RefreshRequestTable } from './tables/refresh.ts'

/** Files an order and wakes whoever carries it out. Returns its id. */
export async function insertRequest(db: DbOrTx, order: RefreshOrder): Promise<number> {
  const { service, action, refreshType, keys } = order
  const { request_id: id } = await db
    .insertInto('sincewire.refresh_request')
    .values({
      ...{ service, action, refresh_type: refreshType, republish: republishOf(order) },
      keys: keys && [...keys],
    })
    .returning('request_id')
    .executeTakeFirstOrThrow()
  await sql`select pg_notify('sincewire_jobs', ${service})`.execute(db)
  return id
}

/** Services with an open request, the longest waiting first. */
export async function servicesToRefresh(db: DbOrTx): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('sincewire.refresh_request')
    .select('service')
    .where('status', 'in', ['PENDING', 'RUNNING'])
    .groupBy('service')
    .orderBy((eb) => eb.fn.min('request_id'))
    .execute()
  return rows.map(({ service }) => service)
}

/** The oldest open request of a service, or undefined. */
export async function nextRequest(db: DbOrTx, service: string): Promise<RefreshRequest | undefined> {
  const row = await db
    .selectFrom('sincewire.refresh_request')
    .selectAll()
    .where('service', '=', service)
    .where('status', 'in', ['PENDING', 'RUNNING'])
    .orderBy('request_id')
    .limit(1)
    .executeTakeFirst()
  return row && toRequest(row)
}

export interface RequestQuery {
  readonly service: string | null
  readonly requestId: number | null
  readonly limit: number
  /** Only those filed before this one. */
  readonly before: number | null
}

/** Requests, the latest first; one more than the limit where there are more. */
export async function listRequests(db: DbOrTx, query: RequestQuery): Promise<readonly RefreshRequest[]> {
  const { service, requestId, limit, before } = query
  const rows = await db
    .selectFrom('sincewire.refresh_request')
    .selectAll()
    .$if(service !== null, (q) => q.where('service', '=', service ?? ''))
    .$if(requestId !== null, (q) => q.where('request_id', '=', requestId ?? 0))
    .$if(before !== null, (q) => q.where('request_id', '<', before ?? 0))
    .orderBy('request_id', 'desc')
    .limit(limit + 1)
    .execute()
  return rows.map(toRequest)
}

export async function startRequest(db: DbOrTx, requestId: number, total: number): Promise<void> {
  await sql`update sincewire.refresh_request set status = 'RUNNING', total = ${total},
      started_at = coalesce(started_at, clock_timestamp()) where request_id = ${requestId}`.execute(db)
}

export interface RefreshStep {
  readonly phase: RefreshPhase
  readonly position: string | null
  readonly seen: number
  readonly changed: number
}

/** Saves a step in the transaction that did it. */
export async function saveStep(db: DbOrTx, requestId: number, step: RefreshStep): Promise<void> {
  const { phase, position, seen, changed } = step
  await sql`update sincewire.refresh_request
    set phase = ${phase}, position = ${position}, seen = seen + ${seen}, changed = changed + ${changed}
    where request_id = ${requestId}`.execute(db)
}

/** Ends a request; `error` says why it failed. */
export async function endRequest(db: DbOrTx, requestId: number, error: string | null): Promise<void> {
  await sql`update sincewire.refresh_request set status = ${error === null ? 'DONE' : 'FAILED'}, error = ${error},
      started_at = coalesce(started_at, clock_timestamp()), finished_at = clock_timestamp()
    where request_id = ${requestId}`.execute(db)
}

/** Removes requests that ended more than so many days ago, at most `atMost` of them; returns how many went. */
export async function pruneRequests(db: DbOrTx, olderThanDays: number, atMost: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from sincewire.refresh_request where request_id in (
      select request_id from sincewire.refresh_request
      where finished_at < statement_timestamp() - make_interval(days => ${olderThanDays})
      order by finished_at limit ${atMost})`.execute(db)
  return Number(numAffectedRows ?? 0)
}

export async function setEnabled(db: DbOrTx, service: string, enabled: boolean): Promise<void> {
  await db
    .updateTable('sincewire.merchapi_config')
    .set({ enabled })
    .where('merchapi_name', '=', service)
    .execute()
}

/** Brings the records of these keys in line with the source; returns how many change rows it wrote. */
export async function reconcileKeys(
  db: DbOrTx,
  service: string,
  keys: readonly string[],
  forced: boolean,
): Promise<number> {
  const { rows } = await sql<{ changed: number }>`
    select sincewire.capture_keys(${service}, ${[...keys]}, ${forced}) as changed`.execute(db)
  return rows[0]?.changed ?? 0
}

/** Records stamped by this transaction become new ones: first published now. */
export async function renewPublished(db: DbOrTx, service: string): Promise<void> {
  await sql`select sincewire.renew_published(${service})`.execute(db)
}

function toRequest(row: Selectable<RefreshRequestTable>): RefreshRequest {
  return {
    requestId: row.request_id,
    ...{ service: row.service, action: row.action, refreshType: row.refresh_type },
    ...{ republish: row.republish, keys: row.keys, status: row.status, phase: row.phase },
    ...{ position: row.position, seen: row.seen, changed: row.changed, total: row.total, error: row.error },
    ...{ requestedAt: row.requested_at, startedAt: row.started_at, finishedAt: row.finished_at },
  }
}
