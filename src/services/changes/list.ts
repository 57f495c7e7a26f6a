import { listChanges, type ChangePageQuery } from '../../db/change.ts'
import type { DbOrTx } from '../../db/pool.ts'
import type { Change } from '../../domain/change.ts'

export interface ChangePage {
  readonly items: readonly Change[]
  /** The offset of the next page; null: this is the last. */
  readonly next: number | null
}

/** A page of the log of changes, the latest first. */
export async function listChangePage(db: DbOrTx, query: ChangePageQuery): Promise<ChangePage> {
  const found = await listChanges(db, query)
  const items = found.slice(0, query.limit)
  return { items, next: found.length > items.length ? (items.at(-1)?.changeId ?? null) : null }
}
