import { sql } from 'kysely'
import type { Instant } from '../domain/instant.ts'
import type { DbOrTx } from './pool.ts'

/** The change logs of deferred capture: sql/0007_jobs.sql has the rules. */

export interface TakeRequest {
  /** Log rows. */
  readonly size: number
  readonly archive: boolean
  /** A document that cannot be made is tried so often, the second time after `retrySeconds`, then twice as long. */
  readonly tries: number
  readonly retrySeconds: number
}

export interface Taken {
  /** Log rows, and failures that were due. */
  readonly taken: number
  /** Change rows written. */
  readonly changed: number
  /** Keys whose document could not be made. */
  readonly failed: number
}

/** One run of a service's taker: a transaction of its own is the caller's to give. */
export async function takeKeys(db: DbOrTx, service: string, request: TakeRequest): Promise<Taken> {
  const { size, archive, tries, retrySeconds } = request
  const { rows } = await sql<Taken>`
    select * from sincewire.take_deferred(${service}, ${size}, ${archive}, ${tries},
                                          make_interval(secs => ${retrySeconds}))`.execute(db)
  return rows[0] ?? { taken: 0, changed: 0, failed: 0 }
}

/** Deferred services with something to do now. */
export async function waitingServices(db: DbOrTx): Promise<readonly string[]> {
  const { rows } = await sql<{ service: string }>`
    select w as service from sincewire.deferred_waiting() w`.execute(db)
  return rows.map(({ service }) => service)
}

/** How far behind a service's delta process is. */
export interface Backlog {
  /** Log rows, counted up to `countTo`. */
  readonly waiting: number
  /** When the oldest of them was filed. */
  readonly oldest: Instant | null
  /** Keys whose document could not be made, set aside or to be tried again. */
  readonly failing: number
}

export async function readBacklog(db: DbOrTx, service: string, countTo: number): Promise<Backlog> {
  const { rows } = await sql<Backlog>`
    select b.waiting, b.oldest,
           (select count(*) from sincewire.delta_failure where service = ${service}) as failing
    from sincewire.deferred_backlog(${service}, ${countTo}) b`.execute(db)
  return rows[0] ?? { waiting: 0, oldest: null, failing: 0 }
}

/** A key whose document could not be made. */
export interface DeltaFailure {
  readonly key: string
  readonly tries: number
  readonly error: string
  readonly failedAt: Instant
  /** Null: set aside, until it changes again or somebody asks. */
  readonly retryAt: Instant | null
}

/** Failures of a service, the latest first, at most so many. */
export async function listFailures(
  db: DbOrTx,
  service: string,
  atMost: number,
): Promise<readonly DeltaFailure[]> {
  const { rows } = await sql<DeltaFailure>`
    select key, tries, error, failed_at as "failedAt", retry_at as "retryAt"
    from sincewire.delta_failure where service = ${service}
    order by failed_at desc, key limit ${atMost}`.execute(db)
  return rows
}

/** Has every failure of a service tried again at once, from the first try. Returns how many. */
export async function retryFailures(db: DbOrTx, service: string): Promise<number> {
  const { numAffectedRows } = await sql`
    update sincewire.delta_failure set retry_at = clock_timestamp(), tries = 0 where service = ${service}`.execute(
    db,
  )
  return Number(numAffectedRows ?? 0)
}

/** Forgets failures of a service that are older than a moment: its documents have all been made since. */
export async function forgetFailures(db: DbOrTx, service: string, before: Instant): Promise<void> {
  await sql`delete from sincewire.delta_failure
    where service = ${service} and failed_at < ${before}::timestamptz`.execute(db)
}

/** Removes processed log rows older than so many days, at most `atMost` of them; returns how many went. */
export async function pruneHistory(db: DbOrTx, olderThanDays: number, atMost: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from sincewire.delta_history where ctid = any (array(
      select ctid from sincewire.delta_history
      where processed_at < statement_timestamp() - make_interval(days => ${olderThanDays})
      order by processed_at limit ${atMost}))`.execute(db)
  return Number(numAffectedRows ?? 0)
}

/** Switches a service between inline and deferred capture; its functions are to be made anew in this transaction. */
export async function deferCapture(db: DbOrTx, service: string, deferred: boolean): Promise<void> {
  await sql`select sincewire.defer_capture(${service}, ${deferred})`.execute(db)
}
