import { parseQualifiedName, type QualifiedName } from './names.ts'

/** A watched table and what maps a row of it to the key of the record it belongs to: an SQL expression per key part. */
export interface Watch {
  readonly table: QualifiedName
  readonly expressions: readonly string[]
}

/** `schema.table:expression[,expression…]`; undefined when it is not that. */
export function parseWatch(text: string): Watch | undefined {
  const colon = /^(?:"(?:[^"]|"")*"|[^":])*/.exec(text)?.[0].length ?? 0
  const table = parseQualifiedName(text.slice(0, colon))
  const expressions = text[colon] === ':' ? splitExpressions(text.slice(colon + 1)) : undefined
  return table && expressions && { table, expressions }
}

/**
 * Parts SQL expressions at their outer commas. Undefined when one is empty or could mean more than an expression in
 * parentheses: unbalanced parentheses or quotes, a semicolon, a comment, a dollar sign or a backslash. So whatever
 * passes can be put in parentheses and stays inside them.
 */
export function splitExpressions(text: string): readonly string[] | undefined {
  const open: string[] = []
  const parts = ['']
  // A string, a quoted name, a comment's start, or any one character.
  for (const [token] of text.matchAll(/'[^']*'|"[^"]*"|--|\/\*|[^]/g)) {
    if (["'", '"', '--', '/*', ';', '$'].includes(token) || token.includes('\\')) return undefined
    if (token === '(' || token === '[') open.push(token)
    if ((token === ')' && open.pop() !== '(') || (token === ']' && open.pop() !== '[')) return undefined
    if (token === ',' && open.length === 0) parts.push('')
    else parts[parts.length - 1] += token
  }
  const trimmed = parts.map((part) => part.trim())
  return open.length === 0 && trimmed.every((part) => part !== '') ? trimmed : undefined
}
