/**
 * `include` and `exclude` of the publish API and of a listener's `queryParameter`: comma lists of dotted paths from
 * the envelope's root, e.g. `items.item,items.address.city`. They shape the records only: the envelope's own members
 * always stay. Arrays are traversed, exclude wins over include, a path that no record has does nothing.
 *
 * Records are cut as text, never parsed: numbers keep their digits, members their order.
 */
export interface Projection {
  readonly include: readonly string[]
  readonly exclude: readonly string[]
}

export type ProjectionParse =
  | { readonly kind: 'ok'; readonly projection: Projection | null }
  | { readonly kind: 'wrong'; readonly reason: string }

/**
 * Reads a listener's `queryParameter`, e.g. `include=items.item&exclude=items.address.city` (URL-encoded or not).
 * Blank: no projection. Anything but include and exclude is wrong, and so is naming one twice.
 */
export function parseProjection(queryParameter: string): ProjectionParse {
  const text = queryParameter.trim().replace(/^\?/, '')
  if (text === '') return { kind: 'ok', projection: null }
  if (/%(?![0-9a-f]{2})/i.test(text)) {
    return { kind: 'wrong', reason: 'must be a query string: a percent sign begins an escape' }
  }
  const lists: { include?: string; exclude?: string } = {}
  for (const [name, value] of new URLSearchParams(text)) {
    if (name !== 'include' && name !== 'exclude') {
      return { kind: 'wrong', reason: `may hold include and exclude only, not ${name.slice(0, 50)}` }
    }
    if (lists[name] !== undefined) return { kind: 'wrong', reason: `holds ${name} more than once` }
    lists[name] = value
  }
  const include = lists.include === undefined ? [] : parsePaths(lists.include)
  const exclude = lists.exclude === undefined ? [] : parsePaths(lists.exclude)
  if (typeof include === 'string') return { kind: 'wrong', reason: `include: ${include}` }
  if (typeof exclude === 'string') return { kind: 'wrong', reason: `exclude: ${exclude}` }
  return { kind: 'ok', projection: { include, exclude } }
}

/** The paths of one list, sorted and each once, or what is wrong with it. */
export function parsePaths(list: string): readonly string[] | string {
  const paths = list.split(',').map((path) => path.trim())
  const wrong = paths.find((path) => !/^items(\.[^\s.,\p{Cc}]+)+$/u.test(path))
  if (wrong === undefined) return [...new Set(paths)].sort()
  const shown = wrong === '' ? 'an empty path' : `the path ${wrong.slice(0, 100)}`
  return `must be a comma list of paths such as items.item or items.address.city; ${shown} is none`
}

/** The one text that a projection has among its equals: what PageRequest.projection holds. Null for none. */
export function projectionText(projection: Projection): string | null {
  const lists = [list('include', projection.include), list('exclude', projection.exclude)]
  return lists.filter((text) => text !== '').join('&') || null
}

function list(name: string, paths: readonly string[]): string {
  return paths.length === 0 ? '' : `${name}=${paths.map(encodeURIComponent).join(',')}`
}

/**
 * Applies a projection to records in JSON, joined by commas (the inside of `items`), and returns them the same way.
 * The text must be valid JSON: it comes from PostgreSQL, which checked it.
 */
export function project(records: string, projection: Projection): string {
  if (records === '') return ''
  const include = projection.include.length === 0 ? undefined : toTree(projection.include)
  const exclude = projection.exclude.length === 0 ? undefined : toTree(projection.exclude)
  return cutValue({ text: `[${records}]`, at: 0 }, include, exclude)?.slice(1, -1) ?? ''
}

/** Members by name; one without members of its own stands for everything below it. */
type Tree = Map<string, Tree>

function toTree(paths: readonly string[]): Tree {
  const root: Tree = new Map()
  // Shorter first: a path below one that is already whole adds nothing.
  const split = paths.map((path) => path.split('.').slice(1)).sort((a, b) => a.length - b.length)
  for (const names of split) grow(root, names)
  return root
}

function grow(root: Tree, names: readonly string[]): void {
  let tree = root
  for (const [depth, name] of names.entries()) {
    const known = tree.get(name)
    if (known?.size === 0) return
    const next: Tree = known ?? new Map()
    if (depth === names.length - 1) next.clear()
    tree.set(name, next)
    tree = next
  }
}

interface Scan {
  readonly text: string
  at: number
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c]
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d]

/** What stays of the value at the scan's place, which moves behind it. Undefined: nothing. */
function cutValue(scan: Scan, include: Tree | undefined, exclude: Tree | undefined): string | undefined {
  const first = charAt(scan)
  const start = scan.at
  if (include === undefined && exclude === undefined) skipValue(scan)
  else if (first === OPEN_BRACE) return cutObject(scan, include, exclude)
  else if (first === OPEN_BRACKET) return cutArray(scan, include, exclude)
  else {
    skipValue(scan)
    // Something inside was asked for, and a plain value has no inside.
    if (include !== undefined) return undefined
  }
  return scan.text.slice(start, scan.at)
}

function cutObject(scan: Scan, include: Tree | undefined, exclude: Tree | undefined): string {
  const { text } = scan
  let members = ''
  while (nextElement(scan, CLOSE_BRACE)) {
    const start = scan.at
    skipString(scan)
    const rawName = text.slice(start, scan.at)
    const name = rawName.includes('\\') ? (JSON.parse(rawName) as string) : rawName.slice(1, -1)
    charAt(scan)
    scan.at++ // the colon
    const kept = include?.get(name)
    const dropped = exclude?.get(name)
    if ((include !== undefined && kept === undefined) || dropped?.size === 0) {
      skipValue(scan)
      continue
    }
    const value = cutValue(scan, kept?.size === 0 ? undefined : kept, dropped)
    if (value !== undefined) members += `${members === '' ? '' : ','}${rawName}:${value}`
  }
  return `{${members}}`
}

function cutArray(scan: Scan, include: Tree | undefined, exclude: Tree | undefined): string {
  const elements: string[] = []
  while (nextElement(scan, CLOSE_BRACKET)) {
    const value = cutValue(scan, include, exclude)
    if (value !== undefined) elements.push(value)
  }
  return `[${elements.join(',')}]`
}

/** Moves past the opening bracket or comma to the next element; false, behind the closing bracket, after the last. */
function nextElement(scan: Scan, close: number): boolean {
  if (charAt(scan) !== close) {
    scan.at++
    if (charAt(scan) !== close) return true
  }
  scan.at++
  return false
}

/** The code of the character that the scan comes to behind blanks. Throws at the end: no value ends there. */
function charAt(scan: Scan): number {
  for (;;) {
    const code = scan.text.charCodeAt(scan.at)
    if (code > 0x20) return code
    if (Number.isNaN(code)) throw new SyntaxError('a record is not valid JSON')
    scan.at++
  }
}

function skipString(scan: Scan): void {
  let end = scan.at
  do end = scan.text.indexOf('"', end + 1)
  while (end > 0 && isEscaped(scan.text, end))
  if (end < 0) throw new SyntaxError('a record is not valid JSON')
  scan.at = end + 1
}

function isEscaped(text: string, at: number): boolean {
  let before = at - 1
  while (text.charCodeAt(before) === BACKSLASH) before--
  return (at - before) % 2 === 0
}

function skipValue(scan: Scan): void {
  const first = charAt(scan)
  if (first === QUOTE) skipString(scan)
  else if (first === OPEN_BRACE || first === OPEN_BRACKET) skipNested(scan)
  else {
    let code = first
    while (code > 0x20 && code !== COMMA && code !== CLOSE_BRACE && code !== CLOSE_BRACKET) {
      code = scan.text.charCodeAt(++scan.at)
    }
  }
}

function skipNested(scan: Scan): void {
  let depth = 0
  do {
    const code = charAt(scan)
    if (code === QUOTE) skipString(scan)
    else {
      if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++
      else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth--
      scan.at++
    }
  } while (depth > 0)
}
