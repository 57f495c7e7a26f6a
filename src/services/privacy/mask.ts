import { maskPersonalData } from '../../db/privacy.ts'
import type { DbOrTx } from '../../db/pool.ts'
import { refused } from '../../domain/errors.ts'
import { parseMask } from '../../domain/privacy/customerId.ts'
import { checkEntityType } from './entityTypes.ts'
import { quietly } from './quietly.ts'

/**
 * Overwrites an entity's personal data with the masks of a customer id, everywhere and in one transaction (document
 * 004, "Delete Personally Identifiable Information"; sql/0006_people_and_audit.sql says what else is done so that it
 * stays nowhere). Returns how many rows and deleted records. Throws `invalid` for a customer id that is not of its
 * form, `refused` when nothing matched, a table forbids the mask, or the codes of the entity types are not loaded.
 */
export async function maskPeople(db: DbOrTx, customerId: string): Promise<number> {
  const request = parseMask(customerId)
  await checkEntityType(db, request)
  const masked = await quietly(maskPersonalData(db, request))
  if (masked === 0) throw refused([{ service: 'privatedata', errorMessage: 'No record was updated' }])
  return masked
}
