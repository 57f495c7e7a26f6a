/** The groups of people that Merchandising keeps (document 004, Data Privacy, "Entity Name"). */
export interface Entity {
  readonly name: string
  readonly title: string
  /** The code type that lists the entity's types; null: it has none. */
  readonly codeType: 'PTNR' | 'LOCT' | null
}

export const ENTITIES: readonly Entity[] = [
  { name: 'BUYER', title: 'Buyer', codeType: null },
  { name: 'MERCHANT', title: 'Merchant', codeType: null },
  { name: 'STORE', title: 'Store', codeType: null },
  { name: 'WAREHOUSE', title: 'Warehouse', codeType: null },
  { name: 'SUPPLIER', title: 'Supplier', codeType: null },
  { name: 'PARTNER', title: 'Partner', codeType: 'PTNR' },
  { name: 'OUTLOC', title: 'Outside Location', codeType: 'LOCT' },
  { name: 'ORDER CUSTOMER', title: 'Merchandising Customer', codeType: null },
]

/** Personal data as it lies in one place. Every value is text; null: not there. */
export interface PersonalData {
  readonly entityType: string | null
  readonly entityId: string
  readonly fullName: string | null
  readonly phone: string | null
  readonly fax: string | null
  readonly telex: string | null
  readonly pager: string | null
  readonly email: string | null
}
