import { sql } from 'kysely'
import type { MaskedPart } from '../domain/privacy/customerId.ts'
import type { DbOrTx } from './pool.ts'

/** Where our own tables (sql/0006_people_and_audit.sql) keep the people of an entity. */
export interface PeopleTable {
  /** Of schema merch. */
  readonly table: string
  readonly id: string
  /** The column of the entity's type. */
  readonly type?: string
  /** The column for what the entity itself is called. */
  readonly title?: string
  readonly columns: Readonly<Partial<Record<MaskedPart, string>>>
  readonly required: readonly MaskedPart[]
  /** Of its address in merch.addr, which also takes what the table has no column for. */
  readonly module?: 'ST' | 'WH' | 'SUPP' | 'PTNR'
}

const contact = {
  ...{ fullName: 'contact_name', phone: 'contact_phone', fax: 'contact_fax', telex: 'contact_telex' },
  email: 'contact_email',
}

export const peopleTables: Readonly<Record<string, PeopleTable>> = {
  BUYER: {
    ...{ table: 'buyer', id: 'buyer', required: ['fullName'] },
    columns: { fullName: 'buyer_name', phone: 'buyer_phone', fax: 'buyer_fax' },
  },
  MERCHANT: {
    ...{ table: 'merchant', id: 'merch', required: ['fullName'] },
    columns: { fullName: 'merch_name', phone: 'merch_phone', fax: 'merch_fax' },
  },
  STORE: {
    ...{ table: 'store', id: 'store', title: 'store_name', required: ['fullName'], module: 'ST' },
    columns: { fullName: 'store_mgr_name', phone: 'phone_number', fax: 'fax_number', email: 'email' },
  },
  WAREHOUSE: {
    ...{ table: 'wh', id: 'wh', title: 'wh_name', required: [], module: 'WH' },
    columns: { email: 'email' },
  },
  SUPPLIER: {
    ...{ table: 'sups', id: 'supplier', title: 'sup_name', required: ['fullName', 'phone'], module: 'SUPP' },
    columns: { ...contact, pager: 'contact_pager' },
  },
  PARTNER: {
    ...{ table: 'partner', id: 'partner_id', type: 'partner_type', title: 'partner_desc' },
    ...{ required: ['fullName', 'phone'], module: 'PTNR', columns: contact },
  },
  OUTLOC: {
    ...{ table: 'outloc', id: 'outloc_id', type: 'outloc_type', title: 'outloc_desc' },
    required: ['addr1', 'city', 'countryId'],
    columns: {
      ...contact,
      ...{ addr1: 'outloc_add1', addr2: 'outloc_add2', county: 'outloc_county', city: 'outloc_city' },
      ...{ state: 'outloc_state', countryId: 'outloc_country_id', postalCode: 'outloc_post' },
    },
  },
  'ORDER CUSTOMER': {
    ...{ table: 'ordcust', id: 'ordcust_no', required: [] },
    columns: {
      ...{
        fullName: 'deliver_last_name',
        phone: 'deliver_phone',
        email: 'deliver_email',
        addr1: 'deliver_add1',
      },
      ...{ addr2: 'deliver_add2', addr3: 'deliver_add3', county: 'deliver_county', city: 'deliver_city' },
      ...{ state: 'deliver_state', countryId: 'deliver_country_id', postalCode: 'deliver_post' },
    },
  },
}

/** What merch.addr has a column for. */
export const addressColumns: Readonly<Partial<Record<MaskedPart, string>>> = {
  ...contact,
  ...{ addr1: 'add_1', addr2: 'add_2', addr3: 'add_3', county: 'county', city: 'city', state: 'state' },
  ...{ countryId: 'country_id', postalCode: 'post' },
}

export type PeopleRow = Readonly<Record<string, string | null>>

/** Puts rows in, in place of those of the same keys; each has a member for every one of `columns`. */
export async function savePeople(
  db: DbOrTx,
  { table, id, type }: PeopleTable,
  rows: readonly PeopleRow[],
): Promise<void> {
  const names = Object.keys(rows[0] ?? {})
  if (names.length === 0) return
  const target = sql.id('merch', table)
  const keys = [...(type === undefined ? [] : [type]), id]
  const others = names.filter((name) => !keys.includes(name))
  const list = (columns: readonly string[]) => sql.join(columns.map((name) => sql.id(name)))
  const taken = sql.join(others.map((name) => sql`${sql.id(name)} = excluded.${sql.id(name)}`))
  await sql`
    insert into ${target} (${list(names)})
    select ${list(names)} from json_populate_recordset(null::${target}, ${JSON.stringify(rows)}::json)
    on conflict (${list(keys)}) do update set ${taken}`.execute(db)
}

/** Puts an entity's primary address in, in place of the one before. */
export async function saveAddresses(db: DbOrTx, rows: readonly PeopleRow[]): Promise<void> {
  const names = Object.keys(rows[0] ?? {})
  if (names.length === 0) return
  const columns = sql.join(names.map((name) => sql.id(name)))
  const given = sql`json_populate_recordset(null::merch.addr, ${JSON.stringify(rows)}::json)`
  await sql`
    delete from merch.addr a using ${given} g
    where (a.module, a.key_value_1) = (g.module, g.key_value_1) and a.key_value_2 is not distinct from g.key_value_2
      and a.addr_type = '01'`.execute(db)
  await sql`insert into merch.addr (${columns}) select ${columns} from ${given}`.execute(db)
}
