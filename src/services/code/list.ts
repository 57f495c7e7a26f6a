import { listCodeTypes, type CodeType, type CodeTypeQuery } from '../../db/code.ts'
import type { Db } from '../../db/pool.ts'

export type { CodeType, CodeTypeQuery } from '../../db/code.ts'

export interface CodePage {
  readonly items: readonly CodeType[]
  /** The last code type of the page when there are more behind it, otherwise null. */
  readonly next: string | null
}

/** A page of code types with all their codes: one query, as cheap at any depth. `limit` counts types. */
export async function listCodes(db: Db, query: CodeTypeQuery): Promise<CodePage> {
  const rows = await listCodeTypes(db, { ...query, limit: query.limit + 1 })
  const items = rows.slice(0, query.limit)
  return { items, next: rows.length > query.limit ? (items.at(-1)?.codeType ?? null) : null }
}
