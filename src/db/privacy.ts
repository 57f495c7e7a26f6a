import { sql } from 'kysely'
import type { PersonalData } from '../domain/privacy/entity.ts'
import type { FindRequest, MaskRequest } from '../domain/privacy/customerId.ts'
import type { DbOrTx } from './pool.ts'

/** Raised by sql/0006_people_and_audit.sql, with a sentence: merch.personal_data names what is not there. */
export const NOT_IN_ORDER = 'SW001'

/** An entity's personal data wherever it lies, each different combination once. */
export async function findPersonalData(db: DbOrTx, request: FindRequest): Promise<readonly PersonalData[]> {
  const { entity, entityType, entityId, fullName, phone, email } = request
  const { rows } = await sql<PersonalData>`
    select distinct entity_type as "entityType", entity_id as "entityId", full_name as "fullName", phone, fax, telex,
           pager, email
    from merch.find_personal_data(${entity.name}, ${entityType}, ${entityId}, ${fullName}, ${phone}, ${email})
    order by 1, 2, 3, 4, 5, 6, 7, 8`.execute(db)
  return rows
}

/** Overwrites an entity's personal data wherever it lies, all or nothing. Returns how many places that were. */
export async function maskPersonalData(db: DbOrTx, request: MaskRequest): Promise<number> {
  const { entity, entityType, entityId, masks } = request
  const { rows } = await sql<{ masked: number }>`
    select merch.mask_personal_data(${entity.name}, ${entityType}, ${entityId}, ${JSON.stringify(masks)}::jsonb) as masked
  `.execute(db)
  return rows[0]?.masked ?? 0
}

export interface EntityType {
  readonly codeType: string
  readonly code: string
  readonly description: string
}

/** The codes of some code types, in the order of their sequence; those no longer used too. */
export async function listEntityTypes(
  db: DbOrTx,
  codeTypes: readonly string[],
): Promise<readonly EntityType[]> {
  const { rows } = await sql<EntityType>`
    select code_type as "codeType", code, code_desc as description from merch.code_detail
    where code_type = any(${codeTypes}::text[]) order by code_type, code_seq, code`.execute(db)
  return rows
}
