import { sql } from 'kysely'
import { EPOCH, type Instant } from '../domain/instant.ts'
import type { Edge } from '../domain/window.ts'
import type { DbOrTx } from './pool.ts'

/** The before of the last tick: nothing is stamped at or below it any more. 1970 when none was taken yet. */
export async function lastTickBefore(db: DbOrTx): Promise<Instant> {
  const { rows } = await sql<{ last_before: Instant }>`select last_before from sincewire.tick_state`.execute(
    db,
  )
  return rows[0]?.last_before ?? EPOCH
}

/** When the nth change after a moment and up to another was stamped, from 1; undefined when there are fewer. */
export async function nthChange(
  db: DbOrTx,
  jsonTable: string,
  n: number,
  { after, upTo }: { readonly after: Instant; readonly upTo: Instant },
): Promise<Instant | undefined> {
  const { rows } = await sql<{ changed_at: Instant }>`
    select changed_at from ${sql.id('sincewire_feed', jsonTable)}
    where changed_at > ${after}::timestamptz and changed_at <= ${upTo}::timestamptz
    order by changed_at, key offset ${n - 1}::bigint limit 1`.execute(db)
  return rows[0]?.changed_at
}

/**
 * Cuts a tick that was just taken at an earlier moment and keeps the cut, so that a since of that moment is exact
 * from now on. Why it is a tick in its own right: a row stamped at or below `at` is either settled at the tick,
 * or its snapshot tells, and nothing is stamped at or below `at` any more. Undefined when a tick is kept there
 * already: its snapshot is older than those of cuts made since, so that a row could be in one of them and again
 * in a window that starts there.
 */
export async function keepCut(
  db: DbOrTx,
  service: string,
  tick: Edge,
  at: Instant,
): Promise<Edge | undefined> {
  const { rows } = await sql<{ floor: Instant; snapshot: string }>`
    insert into sincewire.tick (service, before, floor, snapshot)
    -- one microsecond: a kept tick's floor lies below its before; a tick without a snapshot is settled altogether,
    -- and so says any later snapshot
    values (${service}, ${at}::timestamptz, least(${tick.floor}::timestamptz, ${at}::timestamptz - interval '1 microsecond'),
            coalesce(${tick.snapshot}::pg_snapshot, pg_current_snapshot()))
    on conflict do nothing returning floor, snapshot`.execute(db)
  return rows[0] && { at, ...rows[0] }
}
