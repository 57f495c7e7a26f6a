import { z } from 'zod'
import {
  addressColumns,
  peopleTables,
  saveAddresses,
  savePeople,
  type PeopleRow,
  type PeopleTable,
} from '../../db/people.ts'
import { listEntityTypes } from '../../db/privacy.ts'
import type { DbOrTx } from '../../db/pool.ts'
import { refused } from '../../domain/errors.ts'
import type { MaskedPart } from '../../domain/privacy/customerId.ts'
import { ENTITIES } from '../../domain/privacy/entity.ts'
import { quietly } from '../privacy/quietly.ts'
import { textCell } from './cells.ts'
import { loadKind } from './kind.ts'

const LENGTHS: Readonly<Record<MaskedPart, number>> = {
  ...{ fullName: 120, phone: 20, fax: 20, telex: 20, pager: 20, email: 100 },
  ...{ addr1: 240, addr2: 240, addr3: 240, county: 250, city: 120, state: 3, countryId: 3, postalCode: 30 },
}
const PARTS = Object.keys(LENGTHS) as MaskedPart[]

const NAMES = ENTITIES.map(({ name }) => name)

const cell = (max: number) => z.preprocess((value) => value ?? undefined, textCell(max).optional())
const record = z
  .strictObject({
    entityName: z.enum(NAMES, `must be one of ${NAMES.join(', ')}`),
    entityType: cell(6),
    entityId: textCell(18),
    /** What the entity itself is called. */
    title: cell(150),
    ...(Object.fromEntries(PARTS.map((part) => [part, cell(LENGTHS[part])])) as Record<
      MaskedPart,
      ReturnType<typeof cell>
    >),
  })
  .superRefine((person, context) => {
    for (const [field, message] of faultsOf(person)) {
      context.addIssue({ code: 'custom', path: [field], message })
    }
  })
type Person = z.infer<typeof record>

/** People with their addresses, in the parts of the Data Privacy API's customer id (document 004); one row each. */
export const people = loadKind<Person>({
  record,
  personal: true,
  key: ({ entityName, entityType, entityId }) => [entityName, entityType ?? '', entityId].join('::'),
  async save(tx, rows) {
    await checkTypes(tx, rows)
    for (const [name, group] of Map.groupBy(rows, ({ entityName }) => entityName)) {
      const table = tableOf(name)
      await quietly(
        savePeople(
          tx,
          table,
          group.map((person) => mainRow(table, person)),
        ),
      )
      const addresses = group.map((person) => addressRow(table, person)).filter((row) => row !== undefined)
      await quietly(saveAddresses(tx, addresses))
    }
  },
})

function faultsOf(person: Person): (readonly [string, string])[] {
  const { entityName, entityType, entityId } = person
  const table = peopleTables[entityName]
  if (!table) return []
  const { type, title, columns, required, module } = table
  const faults: (readonly [string, string])[] = []
  if (type === undefined && !/^[1-9]\d*$/.test(entityId)) faults.push(['entityId', 'must be a number'])
  if (type !== undefined && entityId.length > 10) faults.push(['entityId', 'must be at most 10 characters'])
  if ((type === undefined) !== (entityType === undefined)) {
    faults.push(['entityType', type === undefined ? `must be empty for ${entityName}` : 'is required'])
  }
  if (title === undefined && person.title !== undefined)
    faults.push(['title', `must be empty for ${entityName}`])
  const inAddress = addressParts(table, person)
  const needed = [...required, ...(inAddress.length > 0 ? (['addr1', 'city', 'countryId'] as const) : [])]
  for (const part of PARTS) {
    if (person[part] === undefined) {
      if (needed.includes(part)) faults.push([part, `is required for ${entityName}`])
    } else if (columns[part] === undefined && !(module && addressColumns[part])) {
      faults.push([part, `must be empty for ${entityName}`])
    }
  }
  return faults
}

/** A person whose type is no code could never be asked for or masked. */
async function checkTypes(tx: DbOrTx, rows: readonly Person[]): Promise<void> {
  const codeTypes = ENTITIES.flatMap(({ codeType }) => codeType ?? [])
  const known = new Set(
    (await listEntityTypes(tx, codeTypes)).map(({ codeType, code }) => `${codeType} ${code}`),
  )
  const wrong = rows.flatMap(({ entityName, entityType }) => {
    const codeType = ENTITIES.find(({ name }) => name === entityName)?.codeType ?? null
    return codeType === null || known.has(`${codeType} ${entityType}`)
      ? []
      : [`${entityType} is not a code of ${codeType}`]
  })
  if (wrong.length === 0) return
  throw refused([...new Set(wrong)].map((errorMessage) => ({ service: 'load people', errorMessage })))
}

function tableOf(name: string): PeopleTable {
  const table = peopleTables[name]
  if (!table) throw new RangeError(`no table holds ${name}`)
  return table
}

function mainRow({ id, type, title, columns, table }: PeopleTable, person: Person): PeopleRow {
  const row: Record<string, string | null> = { [id]: person.entityId }
  if (type !== undefined) row[type] = person.entityType ?? null
  if (title !== undefined) row[title] = person.title ?? null
  for (const part of PARTS) {
    const column = columns[part]
    if (column !== undefined) row[column] = person[part] ?? null
  }
  if (table !== 'ordcust') return row
  // Its name has two columns: all but the last word is the first name.
  const [, first, last] = /^(?:(.*) )?(\S*)$/.exec(person.fullName ?? '') ?? []
  return { ...row, deliver_first_name: first ?? null, deliver_last_name: last === '' ? null : (last ?? null) }
}

/** What the entity's own table has no column for. */
function addressParts({ columns, module }: PeopleTable, person: Person): MaskedPart[] {
  if (module === undefined) return []
  return PARTS.filter(
    (part) => person[part] !== undefined && columns[part] === undefined && addressColumns[part],
  )
}

function addressRow(table: PeopleTable, person: Person): PeopleRow | undefined {
  const given = addressParts(table, person)
  if (table.module === undefined || given.length === 0) return undefined
  const { entityType, entityId } = person
  const row: Record<string, string | null> = {
    module: table.module,
    key_value_1: entityType ?? entityId,
    key_value_2: entityType === undefined ? null : entityId,
  }
  for (const part of PARTS) {
    const column = addressColumns[part]
    if (column !== undefined) row[column] = given.includes(part) ? (person[part] ?? null) : null
  }
  return { ...row, addr_type: '01', primary_addr_ind: 'Y' }
}
