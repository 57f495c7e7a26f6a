import type { Filter } from '../../domain/filter.ts'

/** A service of the sample catalogue: which table and view it publishes (merchandising facts, "Sample services"). */
export interface SampleService {
  readonly service: string
  readonly title: string
  /** Tables and views of schema sample. */
  readonly table: string
  readonly view: string
  /** Columns of the table and the view. */
  readonly key: readonly string[]
  /** The same as the documents name them. */
  readonly keyParts: readonly string[]
  /** Child tables whose columns of these names are the key of the record they belong to. */
  readonly watches: readonly string[]
  readonly filters: readonly Filter[]
}

const at = (name: string, path: string, more: Partial<Filter> = {}): Filter => ({ name, path, ...more })
const locationTypes = ['S', 'W', 'E']

export const sampleServices: readonly SampleService[] = [
  {
    service: 'foundation/merchhier/deps',
    title: 'Departments',
    table: 'dept',
    view: 'dept_document',
    key: ['dept'],
    keyParts: ['dept'],
    watches: [],
    filters: [],
  },
  {
    service: 'foundation/store',
    title: 'Stores',
    table: 'store',
    view: 'store_document',
    key: ['store'],
    keyParts: ['store'],
    watches: ['store_address', 'store_hours'],
    filters: [],
  },
  {
    service: 'foundation/item',
    title: 'Items',
    table: 'item',
    view: 'item_document',
    key: ['item'],
    keyParts: ['item'],
    watches: ['item_reference', 'item_supplier', 'item_uda'],
    filters: [
      at('itemLevel', '$.itemLevel'),
      at('tranLevel', '$.tranLevel'),
      at('deptId', '$.dept'),
      at('classId', '$.class'),
      at('subclassId', '$.subclass'),
      at('status', '$.status', { values: ['W', 'S', 'A'] }),
      at('supplier', '$.itemSupplier[*].supplier'),
    ],
  },
  {
    service: 'foundation/item/location',
    title: 'Items by location',
    table: 'item_loc',
    view: 'item_loc_document',
    key: ['loc_type', 'loc', 'item'],
    keyParts: ['locType', 'loc', 'item'],
    watches: [],
    filters: [
      at('item', '$.item'),
      at('locationType', '$.locType', { values: locationTypes }),
      at('location', '$.loc'),
    ],
  },
  {
    service: 'procurement/order',
    title: 'Purchase orders',
    table: 'purchase_order',
    view: 'order_document',
    key: ['order_no'],
    keyParts: ['orderNo'],
    watches: ['purchase_order_line'],
    filters: [
      at('supplier', '$.supplier'),
      at('locType', '$.details[*].physicalLocationType', { values: locationTypes }),
      at('notBeforeDate', '$.notBeforeDate', { match: 'from' }),
      at('notAfterDate', '$.notAfterDate', { match: 'to' }),
    ],
  },
  {
    service: 'inventory/available',
    title: 'Available inventory',
    table: 'stock',
    view: 'available_document',
    key: ['location_type', 'location', 'item'],
    keyParts: ['locationType', 'location', 'item'],
    watches: [],
    filters: [at('locationType', '$.locationType', { values: locationTypes }), at('location', '$.location')],
  },
]

/** The sample service of that name. Throws RangeError for another. */
export function sampleService(name: string): SampleService {
  const found = sampleServices.find(({ service }) => service === name)
  if (!found) throw new RangeError(`the sample catalogue has no service ${name}`)
  return found
}
