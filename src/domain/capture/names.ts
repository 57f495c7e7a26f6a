/** A name as somebody wrote it: in double quotes it is meant exactly. */
export interface Name {
  readonly text: string
  readonly quoted: boolean
}

/** `schema.table`. */
export interface QualifiedName {
  readonly schema: Name
  readonly name: Name
}

const SERVICE = /^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/
const SERVICE_LENGTH = 100
/** Leaves room in PostgreSQL's 63 bytes for what capture appends: the longest is `sincewire ….watch99 truncate`. */
const TABLE_LENGTH = 36

/** Whether a service may be called that: segments of letters, digits, `_` and `-`, parted by slashes. */
export function isServiceName(text: string): boolean {
  return text.length <= SERVICE_LENGTH && SERVICE.test(text)
}

/**
 * The change table's name for a service: readable, at most 36 bytes, and another one for every service. Where the
 * readable form would be too long or could stand for two services, a hash of the service ends it.
 */
export function changeTableFor(service: string): string {
  const readable = service.toLowerCase().replaceAll(/[^a-z0-9]/g, '_')
  const faithful = /^[a-z][a-z0-9/]*$/.test(service) && readable.length <= TABLE_LENGTH
  return faithful ? readable : `${readable.slice(0, TABLE_LENGTH - 9)}_${fnv1a(service)}`
}

/** `schema.table`, each part plain or in double quotes; undefined when it is not that. */
export function parseQualifiedName(text: string): QualifiedName | undefined {
  const parts = /^("(?:[^"]|"")+"|[^".\s]+)\.("(?:[^"]|"")+"|[^".\s]+)$/.exec(text.trim())
  return parts?.[1] && parts[2] ? { schema: toName(parts[1]), name: toName(parts[2]) } : undefined
}

/** Names parted by commas, each plain or in double quotes; undefined when one is empty or a quote stays open. */
export function parseNames(text: string): readonly string[] | undefined {
  if (!/^\s*(?:"(?:[^"]|"")+"|[^",]+)\s*(?:,\s*(?:"(?:[^"]|"")+"|[^",]+)\s*)*$/.test(text)) return undefined
  const names = [...text.matchAll(/"(?:[^"]|"")+"|[^",]+/g)]
    .map(([name]) => name.trim())
    .filter((name) => name !== '')
  return names.length === 0 ? undefined : names.map((name) => toName(name).text)
}

/** Which of the names at hand is meant: the very one, or else the lower-case one, as PostgreSQL folds it. */
export function pickName(names: readonly string[], wanted: string): string | undefined {
  return names.find((name) => name === wanted) ?? names.find((name) => name === wanted.toLowerCase())
}

/** How a qualified name is shown. */
export function showName({ schema, name }: QualifiedName): string {
  return `${schema.text}.${name.text}`
}

function toName(text: string): Name {
  return text.startsWith('"')
    ? { text: text.slice(1, -1).replaceAll('""', '"'), quoted: true }
    : { text, quoted: false }
}

/** FNV-1a of the UTF-16 code units, 32 bits in hex. */
function fnv1a(text: string): string {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}
