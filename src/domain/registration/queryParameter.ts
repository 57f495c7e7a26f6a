/**
 * What is wrong with a listener's queryParameter, or undefined. It is added to the internal publish call, and only
 * `include` and `exclude` may be: comma lists of dotted paths, each at most once.
 */
export function queryParameterFault(text: string): string | undefined {
  if (/%(?![0-9a-f]{2})/i.test(text)) return 'must be a query string: a percent sign begins an escape'
  const names = new Set<string>()
  for (const [name, paths] of new URLSearchParams(text.trim())) {
    if (name !== 'include' && name !== 'exclude') return 'may hold include and exclude only'
    if (names.has(name)) return `names ${name} twice`
    names.add(name)
    const bad = paths.split(',').find((path) => !/^[^.\s\p{Cc}]+(?:\.[^.\s\p{Cc}]+)*$/u.test(path.trim()))
    if (bad !== undefined) return `holds a bad path in ${name}: ${JSON.stringify(bad.slice(0, 100))}`
  }
  return names.size === 0 ? 'must be include=… or exclude=… or both' : undefined
}
