import { shown } from '../errors.ts'
import { headerNameFault } from '../header.ts'
import { LENGTHS, RANGES } from './limits.ts'
import { headerValueFault } from './text.ts'

export interface HeaderFault {
  /** Undefined: all of them together. */
  readonly name?: string
  readonly error: string
}

export type Headers =
  | { readonly kind: 'headers'; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'wrong'; readonly faults: readonly HeaderFault[] }

/** A listener's own headers from a JSON value: names in lower case, values as given. No fault holds a value. */
export function parseHeaders(value: object): Headers {
  const entries = Object.entries(value)
  const faults: HeaderFault[] = []
  const headers = new Map<string, string>()
  for (const [given, text] of entries) {
    const name = given.toLowerCase()
    const error = headers.has(name) ? 'is given twice' : faultOf(name, text)
    if (error === undefined) headers.set(name, String(text))
    else faults.push({ name: shown(given) ?? '', error })
  }
  const size = [...headers].reduce((sum, [name, text]) => sum + name.length + text.length, 0)
  const { max } = RANGES.headers
  if (entries.length > max) faults.push({ error: `must hold at most ${max} headers` })
  if (size > LENGTHS.headers) {
    faults.push({ error: `must be at most ${LENGTHS.headers} characters together` })
  }
  return faults.length > 0
    ? { kind: 'wrong', faults }
    : { kind: 'headers', headers: Object.fromEntries(headers) }
}

function faultOf(name: string, text: unknown): string | undefined {
  if (name.length > LENGTHS.headerName) return `must be a name of at most ${LENGTHS.headerName} characters`
  if (typeof text !== 'string') return 'must be text'
  return headerNameFault(name) ?? headerValueFault(text)
}
