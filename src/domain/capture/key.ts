/**
 * A record's key as text, as `offsetkey` shows it. One part stands as it is; several are joined by commas, and a
 * comma or backslash inside one is escaped by a backslash. The same rule in SQL: sincewire.key_part.
 */
export function joinKey(parts: readonly string[]): string {
  if (parts.length === 1) return parts.join('')
  return parts.map((part) => part.replaceAll(/[\\,]/g, String.raw`\$&`)).join(',')
}

/** The parts of a key that has that many: the inverse of joinKey. */
export function splitKey(key: string, parts: number): readonly string[] {
  if (parts === 1) return [key]
  return [...`${key},`.matchAll(/((?:[^,\\]|\\[^])*),/g)].map(([, part = '']) =>
    part.replaceAll(/\\([^])/g, '$1'),
  )
}
