import { faker } from '@faker-js/faker/locale/en'
import { brands, cities, colours, departments, type Department } from './assortment.ts'

/** Rows of schema sample by table, in an order that foreign keys accept; members are named like the columns. */
export type SampleRows = ReadonlyMap<string, readonly Row[]>
export type Row = Readonly<Record<string, string | number | null>>

const SEED = 20_261_120
const TODAY = '2026-11-20T00:00:00Z'
const STYLES = 250
const VARIANTS_OF_A_STYLE = 4
const ITEMS = 2000
const ITEM_LOCATIONS = 5000
const ORDERS = 300
const STORES = 40
const WAREHOUSES = [9001, 9002, 9003]
const SUPPLIERS = 25
const BUYERS = [101, 106] as const

/** The sample retailer: the same rows at every call. About 100 ms. */
export function generateSample(): SampleRows {
  faker.seed(SEED)
  faker.setDefaultRefDate(TODAY)
  const suppliers = Array.from({ length: SUPPLIERS }, (_, i) => supplier(2000 + i))
  const stores = Array.from({ length: STORES }, (_, i) => store(1001 + i))
  const items = assortment()
  const details = items.map((item) => itemDetails(item, suppliers))
  const places = itemLocations(items, stores)
  const orders = Array.from({ length: ORDERS }, (_, i) => order(500_001 + i, items, suppliers))
  return new Map([
    ['dept', departments.map(dept)],
    ['supplier', suppliers],
    ['item', items],
    ['item_reference', details.flatMap(({ references }) => references)],
    ['item_supplier', details.flatMap(({ suppliers }) => suppliers)],
    ['item_uda', details.flatMap(({ udas }) => udas)],
    ['store', stores.map(({ row }) => row)],
    ['store_address', stores.flatMap(addresses)],
    ['store_hours', stores.flatMap(hours)],
    ['item_loc', places.map(({ itemLoc }) => itemLoc)],
    ['stock', places.map(({ stock }) => stock)],
    ['purchase_order', orders.map(({ head }) => head)],
    ['purchase_order_line', orders.flatMap(({ lines }) => lines)],
  ])
}

const pick = <T>(choices: readonly T[]): T => faker.helpers.arrayElement(choices)
const past = (years: number): string => faker.date.past({ years }).toISOString()
const yes = (probability: number): 'Y' | 'N' => (faker.datatype.boolean(probability) ? 'Y' : 'N')

function dept({ dept, name, group }: Department): Row {
  const created = past(8)
  return {
    dept,
    dept_name: name,
    buyer: faker.number.int({ min: BUYERS[0], max: BUYERS[1] }),
    group_no: group,
    create_datetime: created,
    update_datetime: created,
  }
}

function supplier(id: number) {
  const { currencyCode, countryId } = pick(cities)
  return { supplier: id, sup_name: faker.company.name(), currency_code: currencyCode, country_id: countryId }
}

function assortment() {
  const items = []
  for (let n = 0; items.length < ITEMS; n++) {
    const of = pick(departments)
    if (n >= STYLES) items.push(item(100_000_000 + items.length, of, { level: 1, tranLevel: 1 }))
    else {
      const style = item(100_000_000 + items.length, of, { level: 1, tranLevel: 2 })
      items.push(style)
      for (let v = 0; v < VARIANTS_OF_A_STYLE; v++) items.push(variant(100_000_000 + items.length, of, style))
    }
  }
  return items
}

type Item = ReturnType<typeof item>

function item(id: number, of: Department, { level, tranLevel }: { level: number; tranLevel: number }) {
  const name = `${faker.commerce.productAdjective()} ${pick(of.materials)} ${pick(of.nouns)}`
  const created = past(3)
  const stocked = level === tranLevel ? 'Y' : 'N'
  return {
    item: String(id),
    item_number_type: 'ITEM',
    status: faker.helpers.weightedArrayElement([
      { weight: 18, value: 'A' },
      { weight: 1, value: 'S' },
      { weight: 1, value: 'W' },
    ]),
    item_level: level,
    tran_level: tranLevel,
    item_desc: name,
    short_desc: name.slice(0, 20).trim(),
    item_parent: null as string | null,
    ...{ sellable_ind: stocked, orderable_ind: stocked, inventory_ind: stocked, pack_ind: 'N' },
    dept: of.dept,
    class: 10 * (1 + of.nouns.findIndex((noun) => name.endsWith(noun))),
    subclass: faker.number.int({ min: 1, max: 3 }),
    unit_retail: faker.number.int({ min: of.price[0], max: of.price[1] }) + pick([0.99, 0.49, 0]),
    standard_uom: 'EA',
    brand_name: pick(brands),
    create_datetime: created,
    update_datetime: faker.date.between({ from: created, to: TODAY }).toISOString(),
  }
}

function variant(id: number, of: Department, style: Item): Item {
  const size = of.sizes.length === 0 ? '' : ` ${pick(of.sizes)}`
  const name = `${style.item_desc} ${pick(colours)}${size}`
  const stocked = { sellable_ind: 'Y', orderable_ind: 'Y', inventory_ind: 'Y' } as const
  return {
    ...style,
    ...stocked,
    item: String(id),
    item_level: 2,
    item_desc: name,
    short_desc: name.slice(0, 20).trim(),
    item_parent: style.item,
  }
}

const stocked = (items: readonly Item[]) =>
  items.filter(({ item_level, tran_level }) => item_level === tran_level)

function itemDetails({ item, unit_retail, item_level, tran_level }: Item, suppliers: readonly Row[]) {
  const sources = faker.helpers.arrayElements(suppliers, { min: 1, max: 2 })
  const barcodes = item_level === tran_level ? faker.number.int({ min: 1, max: 2 }) : 0
  const udas = faker.helpers.arrayElements(['Season', 'Care', 'Origin Story'], { min: 0, max: 2 })
  return {
    references: Array.from({ length: barcodes }, (_, i): Row => {
      return { item, reference_item: ean13(), primary_ind: i === 0 ? 'Y' : 'N', item_no_type: 'EAN13' }
    }),
    suppliers: sources.map(({ supplier, country_id }, i): Row => ({
      ...{ item, supplier: supplier ?? null, primary_supp_ind: i === 0 ? 'Y' : 'N' },
      ...{
        vendor_item: faker.string.alphanumeric({ length: 8, casing: 'upper' }),
        origin_country_id: country_id ?? null,
      },
      unit_cost: Number((unit_retail * faker.number.float({ min: 0.35, max: 0.55 })).toFixed(4)),
    })),
    udas: udas.map((uda): Row => ({ item, uda, value: udaValue(uda) })),
  }
}

function udaValue(uda: string): string {
  if (uda === 'Season') return `${pick(['Spring', 'Summer', 'Autumn', 'Winter'])} 2026`
  if (uda === 'Care') return pick(['Machine wash cold', 'Hand wash', 'Wipe clean', 'Dry clean only'])
  return faker.company.catchPhrase()
}

function ean13(): string {
  const digits = `40${faker.string.numeric(10)}`
  const sum = Array.from(digits, Number).reduce((total, digit, i) => total + digit * (i % 2 === 0 ? 1 : 3), 0)
  return `${digits}${(10 - (sum % 10)) % 10}`
}

function store(id: number) {
  const city = cities[(id - 1001) % cities.length] ?? pick(cities)
  const name = `${city.city} ${id < 1001 + cities.length ? 'Centre' : pick(['North', 'West', 'Riverside', 'Outlet'])}`
  const row: Row = {
    ...{ store: id, store_type: 'C', store_name: name, store_name10: name.slice(0, 10).trim() },
    ...{
      store_mgr_name: faker.person.fullName(),
      phone_number: faker.phone.number({ style: 'international' }),
    },
    email: `store.${id}@retailer.example`,
    ...{ open_date: past(15).slice(0, 10), close_date: null, district: 10 + cities.indexOf(city) },
    ...{ currency_code: city.currencyCode, timezone_name: city.timezoneName },
  }
  return { id, city, row }
}

type Store = ReturnType<typeof store>

function addresses({ id: store, city }: Store): Row[] {
  const types = yes(0.3) === 'Y' ? ['01', '02'] : ['01'] // business, and some a postal one
  return types.map((type, i) => ({
    ...{ store, address_key: store * 10 + i, address_type: type, primary_address_ind: i === 0 ? 'Y' : 'N' },
    ...{ add_1: faker.location.streetAddress(), city: city.city, country_id: city.countryId },
  }))
}

function hours({ id: store }: Store): Row[] {
  const open = pick(['09:00', '10:00'])
  return Array.from({ length: 7 }, (_, i) => {
    return {
      store,
      day_no: i + 1,
      store_open_time: i === 0 ? '11:00' : open,
      store_close_time: i === 0 ? '17:00' : pick(['20:00', '21:00']),
    }
  })
}

/** Every stocked item at two locations at least; exactly so many pairs. */
function itemLocations(items: readonly Item[], stores: readonly Store[]) {
  const wanted = stocked(items)
  const locations = [
    ...stores.map(({ id }) => ['S', id] as const),
    ...WAREHOUSES.map((wh) => ['W', wh] as const),
  ]
  const third = ITEM_LOCATIONS - 2 * wanted.length
  return wanted.flatMap((of, i) =>
    faker.helpers.arrayElements(locations, i < third ? 3 : 2).map(([type, loc]) => {
      const { item, unit_retail, create_datetime, update_datetime } = of
      const times = { create_datetime, update_datetime }
      const onHand = faker.number.int({ min: 0, max: type === 'W' ? 900 : 60 })
      const itemLoc: Row = {
        loc_type: type,
        loc,
        item,
        status: 'A',
        unit_retail,
        selling_uom: 'EA',
        taxable_ind: yes(0.9),
        primary_supp: 2000,
        ...times,
      }
      const stock: Row = {
        location_type: type,
        location: loc,
        item,
        stock_on_hand: onHand,
        reserved_quantity: Math.floor(onHand / 10),
        standard_uom: 'EA',
      }
      return { itemLoc, stock }
    }),
  )
}

function order(orderNo: number, items: readonly Item[], suppliers: readonly Row[]) {
  const { supplier, currency_code, country_id } = pick(suppliers)
  const from = faker.date.soon({ days: 60 })
  const { dept } = pick(departments)
  const choices = stocked(items).filter((item) => item.dept === dept)
  const lines = faker.helpers.arrayElements(choices, { min: 1, max: 6 }).map((of): Row => {
    const quantity = 12 * faker.number.int({ min: 1, max: 40 })
    const cost = Number((of.unit_retail * 0.45).toFixed(4))
    const place = { loc_type: 'W', loc: pick(WAREHOUSES) }
    return {
      order_no: orderNo,
      item: of.item,
      ...place,
      quantity_ordered: quantity,
      quantity_received: 0,
      unit_cost: cost,
      origin_country_id: country_id ?? null,
    }
  })
  const head: Row = {
    ...{
      order_no: orderNo,
      doc_type: 'PO',
      status: pick(['A', 'A', 'A', 'W']),
      supplier: supplier ?? null,
      dept,
    },
    ...{ not_before_date: from.toISOString().slice(0, 10), currency_code: currency_code ?? null },
    not_after_date: faker.date.soon({ days: 30, refDate: from }).toISOString().slice(0, 10),
    exchange_rate:
      currency_code === 'USD' ? 1 : faker.number.float({ min: 0.7, max: 1.4, fractionDigits: 4 }),
  }
  return { head, lines }
}
