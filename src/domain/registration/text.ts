import { parseProjection } from '../projection.ts'

/**
 * What every text of a registration must be: PostgreSQL can store it and a header can carry it. Each rule answers
 * what is wrong, as the end of a sentence that begins with the field, or undefined.
 */

/** No control characters (a line break would start another header), no half of a character. */
export function plainTextFault(text: string): string | undefined {
  if (!text.isWellFormed()) return 'must be well-formed Unicode'
  if (/\p{Cc}|[\u2028\u2029]/u.test(text)) return 'must not hold control characters'
  return undefined
}

/** What a PEM file holds: ASCII in lines. */
export function pemFault(text: string): string | undefined {
  return /^[\t\r\n\x20-\x7e]+$/.test(text) ? undefined : 'must be a PEM text'
}

/** Visible ASCII and inner blanks: what a header value may hold without being changed on the way. */
export function headerValueFault(text: string): string | undefined {
  return /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text)
    ? undefined
    : 'must be printable ASCII without blanks at its ends'
}

/** A Basic user name: the first colon ends it (RFC 7617, section 2). */
export function usernameFault(text: string): string | undefined {
  return text.includes(':') ? 'must not hold a colon' : undefined
}

/** A name that people and links use: nothing that trimming would change. */
export function nameFault(text: string): string | undefined {
  return text === text.trim() ? undefined : 'must not begin or end with a blank'
}

/** The name of a credential (newer contract). */
export function credentialNameFault(text: string): string | undefined {
  return /^[a-zA-Z0-9_-]+$/.test(text) ? undefined : 'must hold letters, digits, _ and - only'
}

/** What is added to the internal publish call: `include` and `exclude` only. */
export function queryParameterFault(text: string): string | undefined {
  const parsed = parseProjection(text)
  return parsed.kind === 'wrong' ? parsed.reason : undefined
}
