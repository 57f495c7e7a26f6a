import { listEntityTypes } from '../../db/privacy.ts'
import type { DbOrTx } from '../../db/pool.ts'
import { ENTITIES } from '../../domain/privacy/entity.ts'

export interface EntityAccess {
  readonly entityName: string
  readonly description: string
  /** Which codes are the entity's types; null: it has none. */
  readonly codeType: string | null
  readonly entityTypes: readonly { readonly code: string; readonly description: string }[]
}

/** The entities whose personal data can be asked for and masked, with their types as the codes table has them. */
export async function listAccess(db: DbOrTx): Promise<readonly EntityAccess[]> {
  const wanted = ENTITIES.flatMap(({ codeType }) => codeType ?? [])
  const codes = Map.groupBy(await listEntityTypes(db, wanted), ({ codeType }) => codeType)
  return ENTITIES.map(({ name, title, codeType }) => ({
    ...{ entityName: name, description: title, codeType },
    entityTypes: (codes.get(codeType ?? '') ?? []).map(({ code, description }) => ({ code, description })),
  }))
}
