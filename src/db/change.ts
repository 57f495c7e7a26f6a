import { sql, type Selectable } from 'kysely'
import type { Change, ChangeFilter } from '../domain/change.ts'
import type { DbOrTx } from './pool.ts'
import type { ChangeLogTable } from './tables/change-log.ts'

export interface ChangePageQuery extends ChangeFilter {
  readonly limit: number
  /** Only entries before this one; null: from the latest. */
  readonly offset: number | null
}

/** Entries, the latest first; one more than the limit where there are more. */
export async function listChanges(db: DbOrTx, query: ChangePageQuery): Promise<readonly Change[]> {
  const { offset, limit } = query
  const rows = await filtered(db, query)
    .$if(offset !== null, (q) => q.where('change_id', '<', offset ?? 0))
    .orderBy('change_id', 'desc')
    .limit(limit + 1)
    .execute()
  return rows.map(toChange)
}

/** What this moment sees: for `changesSince`. */
export async function changeSnapshot(db: DbOrTx): Promise<string> {
  const { rows } = await sql<{ snapshot: string }>`select pg_current_snapshot()::text as snapshot`.execute(db)
  return rows[0]?.snapshot ?? ''
}

/** Every entry that `until` sees and `after` did not, in their order: numbers are handed out before they commit. */
export async function changesSince(
  db: DbOrTx,
  filter: ChangeFilter,
  { after, until }: { readonly after: string; readonly until: string },
): Promise<readonly Change[]> {
  const rows = await filtered(db, filter)
    .where('xid', '>=', sql<string>`pg_snapshot_xmin(${after}::pg_snapshot)`)
    .where(sql<boolean>`pg_visible_in_snapshot(xid, ${until}::pg_snapshot)`)
    .where(sql<boolean>`not pg_visible_in_snapshot(xid, ${after}::pg_snapshot)`)
    .orderBy('change_id')
    .execute()
  return rows.map(toChange)
}

function filtered(db: DbOrTx, filter: ChangeFilter) {
  const { objectKind, objectName, actor, correlationId, since, before } = filter
  return db
    .selectFrom('sincewire.change_log')
    .selectAll()
    .$if(objectKind !== null, (q) => q.where('object_kind', '=', objectKind ?? ''))
    .$if(objectName !== null, (q) => q.where('object_name', '=', objectName ?? ''))
    .$if(actor !== null, (q) => q.where('actor', '=', actor ?? ''))
    .$if(correlationId !== null, (q) => q.where('correlation_id', '=', correlationId ?? ''))
    .$if(since !== null, (q) => q.where('changed_at', '>=', since ?? ''))
    .$if(before !== null, (q) => q.where('changed_at', '<', before ?? ''))
}

/** An action of somebody that is not a change of an administrative table. In the transaction that acts. */
export interface Action {
  readonly objectKind: string
  readonly objectName: string
  readonly operation: string
  readonly told: Readonly<Record<string, unknown>>
}

export async function logAction(
  tx: DbOrTx,
  { objectKind, objectName, operation, told }: Action,
): Promise<void> {
  await sql`select sincewire.log_entry(${objectKind}, ${objectName}, ${operation}, null,
    ${JSON.stringify(told)}::jsonb)`.execute(tx)
}

/** Removes entries older than so many days; returns how many. Only for the owner of the table. */
export async function pruneChanges(db: DbOrTx, olderThanDays: number): Promise<number> {
  const { rows } = await sql<{ went: number }>`
    select sincewire.prune_changes(make_interval(days => ${olderThanDays})) as went`.execute(db)
  return rows[0]?.went ?? 0
}

function toChange(row: Selectable<ChangeLogTable>): Change {
  return {
    ...{ changeId: row.change_id, changedAt: row.changed_at, actor: row.actor, role: row.role, via: row.via },
    ...{
      address: row.address,
      correlationId: row.correlation_id,
      login: row.login,
      application: row.application,
    },
    ...{ objectKind: row.object_kind, objectName: row.object_name, operation: row.operation },
    ...{ before: row.before, after: row.after },
  }
}
