import { pickName, showName } from './names.ts'
import type { CaptureRequest } from './options.ts'
import type { Relation } from './relation.ts'
import { shapeRow, type Member, type Shape } from './shape.ts'

/** What a capture is: the options with every name found in the database. Relations by oid. */
export interface CaptureDefinition {
  readonly source: number
  readonly key: readonly string[]
  readonly view: number | null
  readonly watches: readonly { readonly watched: number; readonly expressions: readonly string[] }[]
  readonly shape: Shape
  /** The columns that are published and their names; null: the whole row, or a view's document. */
  readonly members: readonly Member[] | null
}

/** What the request names, as found; undefined: not there. */
export interface Found {
  readonly source: Relation | undefined
  readonly view: Relation | undefined
  /** One for each watch. */
  readonly watched: readonly (Relation | undefined)[]
}

export type Defined =
  | { readonly kind: 'defined'; readonly definition: CaptureDefinition; readonly keyNames: readonly string[] }
  | { readonly kind: 'refused'; readonly reasons: readonly string[] }

/** Decides whether what was found can be captured as asked. A reason is a clause that starts in lower case. */
export function defineCapture(request: CaptureRequest, found: Found): Defined {
  const { source, view, watched } = found
  if (!source) return refuse(`there is no table ${showName(request.table)}`)
  const key = request.key.map((name) => pickName(names(source), name) ?? name)
  const reasons = [
    ...triggerReasons(source),
    ...keyReasons(source, key),
    ...(request.view ? viewReasons(showName(request.view), view, source, key) : []),
    ...request.watches.flatMap(({ table }, index) => {
      const relation = watched[index]
      return relation ? triggerReasons(relation) : [`there is no table ${showName(table)}`]
    }),
  ]
  const shape = settleShape(request.shape, names(source))
  const members = request.view ? null : shapeRow(names(source), shape)
  reasons.push(...shapeReasons(source, key, shape, members))
  if (reasons.length > 0) return { kind: 'refused', reasons }
  const nameOf = (column: string) => members?.find((member) => member.column === column)?.name ?? column
  return {
    kind: 'defined',
    keyNames: request.keyNames ?? key.map(nameOf),
    definition: {
      ...{ source: source.oid, key, view: request.view && view ? view.oid : null, shape, members },
      watches: request.watches.flatMap(({ expressions }, index) => {
        const relation = watched[index]
        return relation ? [{ watched: relation.oid, expressions }] : []
      }),
    },
  }
}

/** Whether two definitions make the same documents from the same rows. */
export function sameDefinition(a: CaptureDefinition, b: CaptureDefinition): boolean {
  return canonical(a) === canonical(b)
}

function canonical({ source, key, view, watches, members }: CaptureDefinition): string {
  const read = watches.map(({ watched, expressions }) => [watched, expressions])
  return JSON.stringify([source, key, view, read, members?.map(({ column, name }) => [column, name])])
}

function refuse(...reasons: string[]): Defined {
  return { kind: 'refused', reasons }
}

function names({ columns }: Relation): readonly string[] {
  return columns.map((column) => column.name)
}

/** Why no triggers of ours can be relied on there. */
function triggerReasons(table: Relation): string[] {
  const { name, kind, children } = table
  if (kind !== 'table' && kind !== 'partitioned') return [`${name} is not a table`]
  if (table.system) return [`${name} belongs to PostgreSQL or to Sincewire itself`]
  const foreign = [table, ...children].find((child) => child.kind === 'foreign')
  return [
    ...(table.permanent
      ? []
      : [`${name} is temporary or unlogged: PostgreSQL empties such a table without telling anyone`]),
    ...(foreign ? [`${foreign.name} is a foreign table: its changes are made elsewhere`] : []),
    ...(table.owned
      ? []
      : [`only the owner of ${name} can put triggers on it: connect as that role or a member of it`]),
    ...(table.readable ? [] : [`we may not read ${name}: grant select on it`]),
    ...(table.rowSecurity
      ? [`row security hides rows of ${name} from us: connect as a role with bypassrls or exempt it`]
      : []),
  ]
}

function keyReasons(source: Relation, key: readonly string[]): string[] {
  return key.flatMap((name) => {
    const column = source.columns.find((candidate) => candidate.name === name)
    if (!column) return [`${source.name} has no column ${name} (it has ${names(source).join(', ')})`]
    if (column.notNull) return []
    return [
      `the key column ${name} of ${source.name} may be null, and a record without a key cannot be published: make it not null`,
    ]
  })
}

function viewReasons(
  asked: string,
  view: Relation | undefined,
  source: Relation,
  key: readonly string[],
): string[] {
  if (!view) return [`there is no view ${asked}`]
  if (view.kind !== 'view') {
    return [
      `${view.name} is not a plain view: only one that is computed anew each time shows what is there now`,
    ]
  }
  const document = view.columns.find((column) => column.name === 'doc')
  return [
    ...(view.readable ? [] : [`we may not read ${view.name}: grant select on it`]),
    ...(document ? [] : [`${view.name} has no column doc`]),
    ...(document && !['json', 'jsonb'].includes(document.baseType)
      ? [`the column doc of ${view.name} is ${document.type}, not json or jsonb`]
      : []),
    ...key.flatMap((name) => {
      const column = view.columns.find((candidate) => candidate.name === name)
      if (!column) return [`${view.name} has no column ${name}, which is part of the key`]
      const wanted = source.columns.find((candidate) => candidate.name === name)?.baseType
      if (wanted === undefined || column.baseType === wanted) return []
      return [
        `the column ${name} of ${view.name} is ${column.baseType}, but the key of ${source.name} is ${wanted}: cast it in the view`,
      ]
    }),
  ]
}

/** The shape with its columns named as the table names them. */
function settleShape(shape: Shape, columns: readonly string[]): Shape {
  const settle = (name: string) => pickName(columns, name) ?? name
  return {
    excluded: shape.excluded.map(settle),
    renamed: Object.fromEntries(
      Object.entries(shape.renamed).map(([column, name]) => [settle(column), name]),
    ),
    camelCase: shape.camelCase,
  }
}

function shapeReasons(
  source: Relation,
  key: readonly string[],
  { excluded, renamed }: Shape,
  members: readonly Member[] | null,
): string[] {
  const known = names(source)
  const published = members?.map(({ name }) => name) ?? []
  const twice = published.find((name, index) => published.indexOf(name) !== index)
  return [
    ...[...excluded, ...Object.keys(renamed)]
      .filter((column) => !known.includes(column))
      .map((column) => `${source.name} has no column ${column}`),
    ...Object.keys(renamed)
      .filter((column) => excluded.includes(column))
      .map((column) => `the column ${column} is both excluded and renamed`),
    ...key
      .filter((column) => excluded.includes(column))
      .map((column) => `the key column ${column} cannot be excluded: receivers need it`),
    ...(published.includes('') ? ['a column cannot be renamed to nothing'] : []),
    ...(twice === undefined ? [] : [`two columns would be published as ${twice}`]),
  ]
}
