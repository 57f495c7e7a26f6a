import { invalid, shown, type FieldError } from '../errors.ts'
import type { Filter } from '../filter.ts'
import { parseWatch, type Watch } from './expressions.ts'
import { checkFilters } from './filters.ts'
import { isServiceName, parseQualifiedName, type QualifiedName } from './names.ts'
import type { Shape } from './shape.ts'

/** What to capture, as callers say it. */
export interface CaptureOptions {
  /** e.g. `foundation/item` */
  readonly service: string
  /** `schema.table`; a part in double quotes is meant exactly. */
  readonly table: string
  /** Columns over which the table has a primary key or unique index, in the order in which the key is shown. */
  readonly key: readonly string[]
  /** The same as the documents name them, when a view names them otherwise. */
  readonly keyNames?: readonly string[]
  /** `schema.view` with the key columns and `doc`, a JSON object. Default: the row is the document. */
  readonly view?: string
  /** `schema.table:expression[,expression…]` for each table whose rows the view reads too. */
  readonly watch?: readonly string[]
  readonly exclude?: readonly string[]
  readonly rename?: Readonly<Record<string, string>>
  readonly camelCase?: boolean
  readonly title?: string
  readonly filters?: readonly Filter[]
  /** Notify the engine at commit. Such a writer cannot PREPARE TRANSACTION. */
  readonly wake?: boolean
  /** Writers only file keys; a background job makes the documents, a moment later. */
  readonly deferred?: boolean
}

/** The same, understood. What depends on the database is still to be checked: see source.ts. */
export interface CaptureRequest {
  readonly service: string
  readonly table: QualifiedName
  readonly key: readonly string[]
  readonly keyNames: readonly string[] | null
  readonly view: QualifiedName | null
  readonly watches: readonly Watch[]
  readonly shape: Shape
  readonly title: string | null
  readonly filters: readonly Filter[]
  readonly wake: boolean
  readonly deferred: boolean
}

const MAX_WATCHES = 99

/** Understands the options. Throws `invalid` with every field that is wrong. */
export function readCaptureOptions(options: CaptureOptions): CaptureRequest {
  const table = parseQualifiedName(options.table)
  const view = options.view === undefined ? null : parseQualifiedName(options.view)
  const watches = (options.watch ?? []).map((text) => parseWatch(text))
  const errors = [...fieldErrors(options, watches)]
  if (!table) errors.push(wrong('table', 'must be schema.table', options.table))
  if (view === undefined) errors.push(wrong('view', 'must be schema.view', options.view))
  if (!table || view === undefined || errors.length > 0) {
    throw invalid(errors, 'The options of the capture are wrong')
  }
  const { service, key, exclude = [], rename = {}, camelCase = false } = options
  return {
    ...{ service, table, key, view, keyNames: options.keyNames ?? null },
    watches: watches.filter((watch) => watch !== undefined),
    shape: { excluded: exclude, renamed: rename, camelCase },
    ...{ title: options.title ?? null, filters: options.filters ?? [], wake: options.wake ?? false },
    deferred: options.deferred ?? false,
  }
}

function* fieldErrors(
  options: CaptureOptions,
  watches: readonly (Watch | undefined)[],
): Generator<FieldError> {
  const {
    service,
    key,
    keyNames,
    view,
    watch = [],
    exclude = [],
    rename = {},
    camelCase,
    filters = [],
  } = options
  if (!isServiceName(service)) {
    yield wrong('service', 'must be 1 to 100 letters, digits, _ and -, in segments parted by /', service)
  }
  if (key.length === 0 || new Set(key).size !== key.length) {
    yield wrong('key', 'must name one column or several different ones', key.join(','))
  }
  if (keyNames && keyNames.length !== key.length) {
    yield wrong('keyNames', `must be ${key.length}, one for each part of the key`, keyNames.join(','))
  }
  for (const [index, understood] of watches.entries()) {
    if (!understood) yield wrong('watch', 'must be schema.table:expression[,expression...]', watch[index])
    else if (understood.expressions.length !== key.length) {
      yield wrong('watch', `must have ${key.length} expressions, one for each part of the key`, watch[index])
    }
  }
  if (watch.length > MAX_WATCHES) yield wrong('watch', `must be at most ${MAX_WATCHES}`, String(watch.length))
  if (watch.length > 0 && view === undefined) {
    yield wrong('watch', 'needs a view: the document of a plain row has nothing of other tables', watch[0])
  }
  if (view !== undefined && (exclude.length > 0 || Object.keys(rename).length > 0 || camelCase)) {
    yield wrong('view', 'shapes the document itself: leave out exclude, rename and camel case', view)
  }
  const filter = checkFilters(filters)
  if (filter !== undefined) yield wrong('filter', filter, null)
}

function wrong(field: string, error: string, value: unknown): FieldError {
  return { error, field, inputValue: shown(value) }
}
