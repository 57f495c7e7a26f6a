import { listEntityTypes } from '../../db/privacy.ts'
import type { DbOrTx } from '../../db/pool.ts'
import { invalid, refused } from '../../domain/errors.ts'
import { fault, type Subject } from '../../domain/privacy/customerId.ts'

/**
 * Checks the entity type of a PARTNER or OUTLOC against the codes table (code types PTNR and LOCT). Throws `invalid`
 * for another, `refused` while the code type has no codes.
 */
export async function checkEntityType(db: DbOrTx, { entity, entityType }: Subject): Promise<void> {
  const { name, codeType } = entity
  if (codeType === null) return
  const known = await listEntityTypes(db, [codeType])
  if (known.length === 0) {
    const errorMessage = `The code type ${codeType} has no codes, so the entity type of ${name} cannot be checked: load them with sincewire load codes`
    throw refused([{ service: 'privatedata', errorMessage }])
  }
  if (known.some(({ code }) => code === entityType)) return
  const codes = known.map(({ code }) => code).join(', ')
  throw invalid([fault('entityType', `must be a code of ${codeType}: ${codes}`)])
}
