/** How a row becomes a document. */
export interface Shape {
  readonly excluded: readonly string[]
  /** Column to member name; wins over camel case. */
  readonly renamed: Readonly<Record<string, string>>
  readonly camelCase: boolean
}

/** A published column and its name in the document. */
export interface Member {
  readonly column: string
  readonly name: string
}

/** The members of a row's document, in the table's order; null when the whole row is the document as it is. */
export function shapeRow(columns: readonly string[], shape: Shape): readonly Member[] | null {
  const { excluded, renamed, camelCase } = shape
  if (excluded.length === 0 && Object.keys(renamed).length === 0 && !camelCase) return null
  return columns
    .filter((column) => !excluded.includes(column))
    .map((column) => ({ column, name: renamed[column] ?? (camelCase ? toCamelCase(column) : column) }))
}

/** `order_no` and `ORDER_NO` become `orderNo`; `orderNo` stays. */
export function toCamelCase(column: string): string {
  const mixed = column !== column.toUpperCase() && column !== column.toLowerCase()
  const words = column.split('_').filter((word) => word !== '')
  const cased = words.map((word, index) => {
    const lower = mixed ? word : word.toLowerCase()
    return index === 0
      ? lower.charAt(0).toLowerCase() + lower.slice(1)
      : lower.charAt(0).toUpperCase() + lower.slice(1)
  })
  return cased.join('') || column
}
