import { isDeepStrictEqual } from 'node:util'
import { expect, test } from 'vitest'
import { realisticChange } from '../../src/services/sample/change.ts'
import { fillSample } from '../../src/services/sample/fill.ts'
import { loadSampleCatalogue } from '../../src/services/sample/load.ts'
import { sampleServices } from '../../src/services/sample/catalogue.ts'
import { sampleDocuments } from '../../src/services/sample/documents.ts'
import { fetchAsAdmin, testApp, testDatabase } from '../support/index.ts'

const database = await testDatabase()
const { db } = database

const steps: [number, number][] = []
const filled = await fillSample(db, (done, total) => void steps.push([done, total]))

const tables = ['dept', 'item', 'item_supplier', 'item_loc', 'stock', 'store_hours', 'purchase_order_line']

/** Sums over the rows of every table that changes, to be compared. */
async function contents(): Promise<unknown> {
  const sums = tables.map(
    (name) => `(select sum(hashtextextended(t::text, 0)) from sample.${name} t) as ${name}`,
  )
  return database.run(`select ${sums.join(', ')}`)
}

test('the sample tables are filled once, with the same believable rows everywhere', async () => {
  expect(filled).toBe(true)
  expect(steps.at(-1)![0]).toBe(steps.at(-1)![1])
  const before = await contents()
  expect(await fillSample(db, () => {})).toBe(false)
  expect(await contents()).toEqual(before)
  const counts = await database.run(`select (select count(*) from sample.dept)::int as dept,
    (select count(*) from sample.store)::int as store, (select count(*) from sample.item)::int as item,
    (select count(*) from sample.item_loc)::int as item_loc, (select count(*) from sample.stock)::int as stock,
    (select count(*) from sample.purchase_order)::int as orders`)
  expect(counts).toEqual([{ dept: 12, store: 40, item: 2000, item_loc: 5000, stock: 5000, orders: 300 }])
})

test('each view has its key and the documented fields', async () => {
  const fields = async (view: string) => {
    const [row] = await database.run(`select doc from sample.${view} limit 1`)
    return Object.keys(row!['doc'] as object)
  }
  expect(await fields('dept_document')).toEqual([
    'hierarchyLevel',
    'dept',
    'deptName',
    'buyer',
    'group',
    'createDateTime',
    'updateDateTime',
  ])
  expect(await fields('item_document')).toEqual([
    'item',
    'itemNumberType',
    'status',
    'itemLevel',
    'tranLevel',
    'itemDescription',
    'shortDescription',
    'itemParent',
    'sellableInd',
    'orderableInd',
    'inventoryInd',
    'packInd',
    'dept',
    'class',
    'subclass',
    'unitRetail',
    'standardUom',
    'brandName',
    'createDateTime',
    'updateDateTime',
    'referenceItem',
    'itemSupplier',
    'itemUda',
  ])
  expect(await fields('store_document')).toEqual([
    'store',
    'storeType',
    'storeName',
    'storeName10',
    'storeManagerName',
    'phoneNumber',
    'email',
    'openDate',
    'closeDate',
    'currencyCode',
    'timezoneName',
    'district',
    'address',
    'storeHours',
  ])
  expect(await fields('order_document')).toEqual([
    'orderNo',
    'docType',
    'status',
    'supplier',
    'dept',
    'notBeforeDate',
    'notAfterDate',
    'currencyCode',
    'exchangeRate',
    'details',
  ])
  expect(await fields('available_document')).toEqual([
    'locationType',
    'location',
    'item',
    'availableQuantity',
    'stockOnHand',
    'standardUom',
  ])
  expect((await fields('item_loc_document')).slice(0, 3)).toEqual(['locType', 'loc', 'item'])
})

test('the six services are loaded once however many ask, and filter as documented', async () => {
  const asked = await Promise.all([loadSampleCatalogue(db), loadSampleCatalogue(db), loadSampleCatalogue(db)])
  expect(asked.sort()).toEqual([false, false, true])
  const app = await testApp(database.url, { 'catalogue.sample': true }, { role: 'api' })
  const get = async (path: string) => {
    const answer = await fetchAsAdmin(`${app.url}/MerchIntegrations/services/${path}`)
    return (await answer.json()) as { items: Record<string, unknown>[]; count: number }
  }
  for (const { service, keyParts } of sampleServices) {
    const { items } = await get(
      `${service}?limit=9999&exclude=items.action,items.cacheTimestamp,items.cacheCreateTimestamp`,
    )
    const byKey = new Map(items.map((item) => [keyParts.map((part) => item[part]).join(','), item]))
    expect(byKey).toEqual(await sampleDocuments(db, service))
  }
  const counts = async (query: string, condition: string) => {
    const [row] = await database.run(`select count(*)::int as n from ${condition}`)
    expect([query, (await get(query)).count]).toEqual([query, row!['n']])
    expect(row!['n']).toBeGreaterThan(0)
  }
  await counts(
    'foundation/item?limit=9999&deptId=1010&itemLevel=1&status=A',
    `sample.item where dept = 1010 and item_level = 1 and status = 'A'`,
  )
  await counts('foundation/item?limit=9999&supplier=2003', 'sample.item_supplier where supplier = 2003')
  await counts(
    'foundation/item/location?limit=9999&locationType=S&location=1004',
    `sample.item_loc where loc_type = 'S' and loc = 1004`,
  )
  await counts(
    'procurement/order?notBeforeDate=2026-12-20&notAfterDate=2027-01-20',
    `sample.purchase_order where not_before_date >= '2026-12-20' and not_after_date <= '2027-01-20'`,
  )
  await counts('inventory/available?limit=9999&locationType=W', `sample.stock where location_type = 'W'`)
})

test('realistic changes happen, are told as they are, and those rolled back leave nothing', async () => {
  // A fixed sequence of dice (Lehmer), so that a failure comes back.
  let seed = 42
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
  const kinds = new Set<string>()
  let unchanged = 0
  let before = await contents()
  for (let i = 0; i < 100; i++) {
    const { what, committed } = await realisticChange(db, random)
    const now = await contents()
    const changed = !isDeepStrictEqual(now, before)
    before = now
    expect([what, changed]).toEqual([what, committed])
    if (!committed) unchanged += 1
    kinds.add(what.replaceAll(/\d+/g, '#').slice(0, 10))
  }
  expect(unchanged).toBeGreaterThan(0)
  expect(kinds.size).toBeGreaterThanOrEqual(7)
})
