import { shown } from '../errors.ts'

/** Fields whose values no answer, error or log ever shows. */
const SECRET_FIELDS: ReadonlySet<string> = new Set([
  'password',
  'apikey',
  'oauthClientSecret',
  'signingSecret',
  'signingKey',
  'headers',
  'clientPrivateKey',
  'clientPrivateKeyPassphrase',
  // Not secret, but a key may have been pasted with them.
  'clientCertificate',
  'caCertificate',
])

/** Whether a place in a call, as the names that lead there, holds what no answer shows. */
export function isSecretPlace(path: readonly PropertyKey[]): boolean {
  return path.some((part) => typeof part === 'string' && SECRET_FIELDS.has(part))
}

/**
 * A field's value as an error may show it, or null. Objects and lists are not shown: a secret may be in them; nor
 * are URLs with an @, which may carry somebody's password in the very place that they are refused for.
 */
export function inputValueOf(field: string, value: unknown): string | null {
  if (SECRET_FIELDS.has(field) || typeof value === 'object') return null
  if (/url$/i.test(field) && String(value).includes('@')) return null
  return shown(value)
}
