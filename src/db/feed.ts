import { sql, type RawBuilder } from 'kysely'
import type { FilterValue } from '../domain/filter.ts'
import type { Instant } from '../domain/instant.ts'
import type { Edge, Position, Window } from '../domain/window.ts'
import type { DbOrTx } from './pool.ts'

/**
 * The narrow door to the change tables. A record's JSON is spliced together by PostgreSQL and leaves here as
 * bytes: it is never parsed on the way (see DESIGN, "Speed, by construction").
 */

export interface RecordsRequest {
  readonly window: Window
  /** Null: from the start of the window. */
  readonly after: Position | null
  readonly limit: number
  readonly filters: readonly FilterValue[]
}

export interface Records {
  /** Records as JSON objects, joined by commas; empty for none. */
  readonly items: Buffer
  readonly count: number
  readonly hasMore: boolean
  readonly last: Position | null
}

interface RecordsRow {
  readonly items: string | null
  readonly found: number
  readonly changed_at: Instant | null
  readonly key: string | null
}

/** At most `limit` records of a window, in order of (changed at, key), from after a position. */
export async function readRecords(db: DbOrTx, jsonTable: string, request: RecordsRequest): Promise<Records> {
  const { window, after, limit } = request
  const { rows } = await sql<RecordsRow>`
    with q as materialized (
      select t.key, t.changed_at, t.first_published, t.deleted_at, t.document
      from ${feed(jsonTable)} t
      where ${inWindow(window)}
        ${after ? sql`and (t.changed_at, t.key) > (${after.changedAt}::timestamptz, ${after.key})` : sql``}
        ${matching(request.filters)}
      order by t.changed_at, t.key
      limit ${limit}::bigint + 1
    )
    select
      -- a CTE is read in the order in which it was filled
      (select string_agg(r.record, ',') from (select ${record(action(window.since))} as record from q t limit ${limit}) r) as items,
      (select count(*)::int from q) as found,
      l.changed_at, l.key
    from (select) as always
    left join lateral (
      select q.changed_at, q.key from q order by q.changed_at desc, q.key desc
      offset (select greatest(count(*) - ${limit}::bigint, 0) from q) limit 1
    ) l on true`.execute(db)
  const row = rows[0]
  if (!row || row.changed_at === null || row.key === null)
    return { items: Buffer.alloc(0), count: 0, hasMore: false, last: null }
  return {
    items: Buffer.from(row.items ?? ''),
    count: Math.min(row.found, limit),
    hasMore: row.found > limit,
    last: { changedAt: row.changed_at, key: row.key },
  }
}

/** The live record of a key with `action` null, or undefined when it is absent or deleted. */
export async function readRecord(db: DbOrTx, jsonTable: string, key: string): Promise<Buffer | undefined> {
  const { rows } = await sql<{ record: string }>`
    select ${record(sql`'null'`)} as record from ${feed(jsonTable)} t
    where t.key = ${key} and t.deleted_at is null`.execute(db)
  return rows[0] && Buffer.from(rows[0].record)
}

/** When a service's published records last changed; null when it never published any. One look at an index. */
export async function latestChange(db: DbOrTx, jsonTable: string): Promise<Instant | null> {
  const { rows } = await sql<{ latest: Instant | null }>`
    select max(changed_at) as latest from ${feed(jsonTable)}`.execute(db)
  return rows[0]?.latest ?? null
}

/** The same for several change tables in one query, by table; null also for one that somebody dropped. */
export async function latestChanges(
  db: DbOrTx,
  jsonTables: readonly string[],
): Promise<ReadonlyMap<string, Instant | null>> {
  const { rows } = await sql<{ name: string; latest: Instant | null }>`
    select name, sincewire.latest_change(name) as latest from unnest(${jsonTables}::text[]) name`.execute(db)
  return new Map(rows.map((row) => [row.name, row.latest]))
}

/** Which of these lower edges have news at a tick: one answer for each, in their order. One query for all. */
export async function haveNews(
  db: DbOrTx,
  jsonTable: string,
  sinces: readonly Edge[],
  before: Edge,
): Promise<readonly boolean[]> {
  const { rows } = await sql<{ i: number }>`
    select e.i from unnest(${sinces.map((e) => e.at)}::timestamptz[], ${sinces.map((e) => e.floor)}::timestamptz[],
                           ${sinces.map((e) => e.snapshot)}::pg_snapshot[]) with ordinality e(at, floor, snapshot, i)
    where exists (
      select from ${feed(jsonTable)} t
      where t.changed_at > e.floor and ${notIn(sql`e.at`, sql`e.snapshot`)} and ${settledBy(before)})`.execute(
    db,
  )
  const news = new Set(rows.map((row) => row.i))
  return sinces.map((_, index) => news.has(index + 1))
}

function feed(jsonTable: string): RawBuilder<unknown> {
  return sql.id('sincewire_feed', jsonTable)
}

/** Membership in a window: the predicate of sql/0002_window.sql over the alias `t`. */
function inWindow({ since, before }: Window): RawBuilder<unknown> {
  const lower = sql`t.changed_at > ${since.floor}::timestamptz`
  if (since.snapshot === null) return sql`${lower} and ${settledBy(before)}`
  return sql`${lower} and ${notIn(sql`${since.at}::timestamptz`, sql`${since.snapshot}::pg_snapshot`)} and ${settledBy(before)}`
}

function settledBy(before: Edge): RawBuilder<unknown> {
  const upper = sql`t.changed_at <= ${before.at}::timestamptz`
  if (before.snapshot === null) return upper
  return sql`${upper} and (t.changed_at <= ${before.floor}::timestamptz
    or pg_visible_in_snapshot(t.xid, ${before.snapshot}::pg_snapshot))`
}

// Without a snapshot nothing above the floor counts as published before: repeats, never losses.
function notIn(at: RawBuilder<unknown>, snapshot: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`not coalesce(t.changed_at <= ${at} and pg_visible_in_snapshot(t.xid, ${snapshot}), false)`
}

/**
 * INSERT: nobody who stands at this since has seen the key. UPSERT: first published while the since was
 * unsettled, so some have. A key deleted and inserted again counts as first published anew.
 */
function action(since: Edge): RawBuilder<unknown> {
  return sql`case
    when t.deleted_at is not null then '"DELETE"'
    when t.first_published = t.changed_at or t.first_published > ${since.at}::timestamptz then '"INSERT"'
    when t.first_published > ${since.floor}::timestamptz then '"UPSERT"'
    else '"UPDATE"' end`
}

// right(…, -1) drops the opening brace without counting characters; an empty object wants no comma.
function record(actionJson: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`'{"action":' || ${actionJson}
    || ',"cacheTimestamp":"' || ${isoMillis(sql`t.changed_at`)}
    || '","cacheCreateTimestamp":"' || ${isoMillis(sql`t.first_published`)}
    || case when octet_length(t.document::text) < 64 and t.document::text ~ '^\\{\\s*\\}' then '"' else '",' end
    || right(t.document::text, -1)`
}

function isoMillis(timestamp: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`to_char(${timestamp}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
}

function matching(filters: readonly FilterValue[]): RawBuilder<unknown> {
  const each = filters.map(({ filter, value }) => {
    const found = sql`jsonb_path_query(t.document::jsonb, ${filter.path}::jsonpath) v`
    const compare = { equal: sql`=`, from: sql`>=`, to: sql`<=` }[filter.match ?? 'equal']
    return sql`and exists (select from ${found} where v #>> '{}' ${compare} ${value})`
  })
  return each.length === 0 ? sql`` : sql.join(each, sql` `)
}
