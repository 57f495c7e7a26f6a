import type { Filter } from '../filter.ts'

/** Parameters that every service has: a filter cannot take their names. */
const TAKEN = ['since', 'before', 'offsetkey', 'limit', 'include', 'exclude', 'optimalBefore']

/**
 * A filter as one writes it on a command line: `name=path` for equal, `name>=path` for values from, `name<=path` for
 * values up to the given one. The path is a jsonpath; a leading `$.` may be left out. Undefined when it is not that.
 */
export function parseFilter(text: string): Filter | undefined {
  const parts = /^([A-Za-z]\w*)(>=|<=|=)(.+)$/.exec(text)
  const [, name, sign, given] = parts ?? []
  if (!name || !given) return undefined
  const path = given.startsWith('$') ? given : `$.${given}`
  return { name, path, ...(sign === '>=' ? { match: 'from' } : sign === '<=' ? { match: 'to' } : {}) }
}

/** What is wrong with a service's filters taken together; undefined when nothing is. */
export function checkFilters(filters: readonly Filter[]): string | undefined {
  for (const [index, { name }] of filters.entries()) {
    if (!/^[A-Za-z]\w*$/.test(name)) return `the filter ${name} needs a name of letters and digits`
    if (TAKEN.includes(name)) return `the filter ${name} would hide the parameter of that name`
    if (filters.findIndex((filter) => filter.name === name) !== index)
      return `the filter ${name} is there twice`
  }
  return undefined
}
