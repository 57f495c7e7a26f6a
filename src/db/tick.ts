import { sql } from 'kysely'
import { EPOCH, type Instant } from '../domain/instant.ts'
import { plainEdge, type Edge } from '../domain/window.ts'
import type { DbOrTx } from './pool.ts'

/** One tick: the upper edge it gives each service that has a change table. The rule: sql/0002_window.sql. */
export type Tick = ReadonlyMap<string, Edge>

interface TickRow {
  readonly service: string
  readonly before: Instant
  readonly floor: Instant
  readonly snapshot: string
}

/**
 * Takes a tick for all change tables at once. Never call it inside a transaction that has written to a change
 * table or that is not read committed: each of its steps needs a snapshot of its own. About 1 ms.
 */
export async function takeTick(db: DbOrTx): Promise<Tick> {
  return toTick(await sql<TickRow>`select * from sincewire.take_tick()`.execute(db))
}

/**
 * A tick that a crash of PostgreSQL may forget, so that most sweeps wait for no disk. Whoever opens a window with it
 * must commit that durably, which makes the tick durable too: it comes earlier in the same log.
 */
export async function takeForgettableTick(db: DbOrTx): Promise<Tick> {
  return toTick(
    await sql<TickRow>`
      select t.* from (select set_config('synchronous_commit', 'off', true) as set) s, sincewire.take_tick() t
      where s.set = 'off'`.execute(db),
  )
}

function toTick({ rows }: { readonly rows: readonly TickRow[] }): Tick {
  return new Map(rows.map((row) => [row.service, toEdge(row.before, row.floor, row.snapshot)]))
}

/**
 * The lower edge that a since stands for: exact for one that we handed out, else one that may repeat and
 * never loses.
 */
export async function lowerEdge(db: DbOrTx, service: string, since: Instant): Promise<Edge> {
  if (since === EPOCH) return plainEdge(EPOCH)
  const { rows } = await sql<{ floor: Instant; snapshot: string | null }>`
    select * from sincewire.lower_edge(${service}, ${since}::timestamptz)`.execute(db)
  const row = rows[0]
  return row ? { at: since, floor: row.floor, snapshot: row.snapshot } : plainEdge(since)
}

/** The kept tick of exactly that before, or undefined: nobody was writing then, or the before is made up. */
export async function keptTick(db: DbOrTx, service: string, before: Instant): Promise<Edge | undefined> {
  const row = await db
    .selectFrom('sincewire.tick')
    .select(['before', 'floor', 'snapshot'])
    .where('service', '=', service)
    .where('before', '=', before)
    .where('snapshot', 'is not', null)
    .executeTakeFirst()
  return row && { at: row.before, floor: row.floor, snapshot: row.snapshot }
}

/** Merges ticks older than so many days, hour by hour; returns how many rows went. */
export async function pruneTicks(db: DbOrTx, olderThanDays: number): Promise<number> {
  const { rows } = await sql<{ went: number }>`
    select sincewire.prune_ticks(make_interval(days => ${olderThanDays})) as went`.execute(db)
  return rows[0]?.went ?? 0
}

function toEdge(at: Instant, floor: Instant, snapshot: string): Edge {
  return floor === at ? plainEdge(at) : { at, floor, snapshot }
}
