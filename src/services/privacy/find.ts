import { findPersonalData } from '../../db/privacy.ts'
import type { DbOrTx } from '../../db/pool.ts'
import { parseFind } from '../../domain/privacy/customerId.ts'
import type { PersonalData } from '../../domain/privacy/entity.ts'
import { checkEntityType } from './entityTypes.ts'
import { quietly } from './quietly.ts'

export interface FoundPeople {
  readonly entityName: string
  readonly people: readonly PersonalData[]
}

/**
 * All personal data that matches every given part of a customer id (document 004, "Get Personally Identifiable
 * Information"). Throws `invalid` for one that is not of its form, `refused` when the codes of the entity types are
 * not loaded.
 */
export async function findPeople(db: DbOrTx, customerId: string): Promise<FoundPeople> {
  const request = parseFind(customerId)
  await checkEntityType(db, request)
  return { entityName: request.entity.name, people: await quietly(findPersonalData(db, request)) }
}
