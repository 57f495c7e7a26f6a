import { invalid, type FieldError } from '../errors.ts'
import { plainTextFault } from '../registration/text.ts'
import { ENTITIES, type Entity } from './entity.ts'

/** The parts of `customer_id`, in order, of a query and of an update (document 004, Data Privacy). */
export const FIND_PARTS = ['entityName', 'entityType', 'entityId', 'fullName', 'phone', 'email'] as const
export const MASK_PARTS = [
  ...([
    'entityName',
    'entityType',
    'entityId',
    'fullName',
    'phone',
    'fax',
    'telex',
    'pager',
    'email',
  ] as const),
  ...(['addr1', 'addr2', 'addr3', 'county', 'city', 'state', 'countryId', 'postalCode'] as const),
] as const

type FindPart = (typeof FIND_PARTS)[number]
type MaskPart = (typeof MASK_PARTS)[number]
/** What a mask may be given for. */
export type MaskedPart = Exclude<MaskPart, 'entityName' | 'entityType' | 'entityId'>

/** Whose data is meant. */
export interface Subject {
  readonly entity: Entity
  /** A code of the entity's code type; null for an entity without one. */
  readonly entityType: string | null
}

/** What to search for; null: not given, so not part of the search. At least one of the four is given. */
export interface FindRequest extends Subject {
  readonly entityId: string | null
  readonly fullName: string | null
  readonly phone: string | null
  readonly email: string | null
}

/** Whose fields to overwrite; a part without a mask becomes null, or 'XXXXX' where the entity requires it. */
export interface MaskRequest extends Subject {
  readonly entityId: string
  readonly masks: Readonly<Partial<Record<MaskedPart, string>>>
}

const SEPARATOR = '::'
const LONGEST = 240
const wrongQuery = 'Error found in validation of query parameters'

/**
 * Reads the six parts of a query. Every part stands between its `::`; one that is empty, blank or the word `null`
 * (as answers write it) is not given. No part can hold `::` itself. Throws `invalid`; never shows a value.
 */
export function parseFind(customerId: string): FindRequest {
  const { given, wrong } = readParts(customerId, FIND_PARTS)
  const subject = subjectOf(given, wrong)
  const { entityId = null, fullName = null, phone = null, email = null } = given
  if (phone !== null && !/\d/.test(phone)) wrong.push(fault('phone', 'must hold a digit'))
  if (entityId === null && fullName === null && phone === null && email === null && wrong.length === 0) {
    wrong.push({ ...fault(undefined, 'must give one of entityId, fullName, phone, email at least') })
  }
  if (!subject || wrong.length > 0) throw invalid(wrong, wrongQuery)
  return { ...subject, entityId, fullName, phone, email }
}

/** Reads the seventeen parts of an update, as parseFind does. The entity's id must be given. */
export function parseMask(customerId: string): MaskRequest {
  const { given, wrong } = readParts(customerId, MASK_PARTS)
  const subject = subjectOf(given, wrong)
  const { entityName: _name, entityType: _type, entityId, ...masks } = given
  if (entityId === undefined && wrong.length === 0) wrong.push(fault('entityId', 'is required'))
  if (!subject || entityId === undefined || wrong.length > 0) throw invalid(wrong, wrongQuery)
  return { ...subject, entityId, masks }
}

function readParts<Part extends MaskPart>(customerId: string, names: readonly Part[]) {
  const parts = customerId.split(SEPARATOR).map((part) => part.trim())
  const given: Partial<Record<Part, string>> = {}
  const wrong: FieldError[] = []
  if (parts.length !== names.length) {
    const form = names.map((name) => `{${name}}`).join(SEPARATOR)
    wrong.push(fault(undefined, `must have ${names.length} parts: ${form}`))
    return { given, wrong }
  }
  for (const [place, name] of names.entries()) {
    const part = parts[place] ?? ''
    if (part === '' || part === 'null') continue
    const reason =
      plainTextFault(part) ?? (part.length > LONGEST ? `must be at most ${LONGEST} characters` : undefined)
    if (reason === undefined) given[name] = part
    else wrong.push(fault(name, reason))
  }
  return { given, wrong }
}

function subjectOf(given: Partial<Record<FindPart, string>>, wrong: FieldError[]): Subject | undefined {
  if (wrong.length > 0) return undefined
  const { entityName, entityType } = given
  const entity = ENTITIES.find(({ name }) => name === entityName)
  if (!entity) {
    const names = ENTITIES.map(({ name }) => name).join(', ')
    wrong.push(fault('entityName', entityName === undefined ? 'is required' : `must be one of ${names}`))
    return undefined
  }
  if (entity.codeType === null && entityType !== undefined) {
    wrong.push(fault('entityType', `must be empty for ${entity.name}`))
  }
  if (entity.codeType !== null && entityType === undefined) {
    wrong.push(fault('entityType', `is required for ${entity.name}: a code of ${entity.codeType}`))
  }
  return { entity, entityType: entityType ?? null }
}

/** Of a part, or of the whole. The value is never shown: it is somebody's. */
export function fault(part: MaskPart | undefined, error: string): FieldError {
  return { error, field: part === undefined ? 'customer_id' : `customer_id.${part}`, inputValue: null }
}
