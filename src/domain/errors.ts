/**
 * The one error family. What is expected (a receiver's 404, a lost race) is a value, not one of these.
 * `message` is public: it never holds a secret, SQL or a stack. `cause` is for the log alone.
 */
export type ErrorCode =
  | 'invalid' // the input breaks a rule of its own: fields says which
  | 'refused' // well-formed, but the state of things forbids it: business says why
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'throttled' // too often; retryAfterSeconds says when to come back
  | 'unavailable' // a part we need does not answer; try again
  | 'unusable' // the process cannot start or go on: settings, data folder, database

/** One field that is wrong: what was expected, the field's path, and what was given. */
export interface FieldError {
  readonly error: string
  readonly field: string
  readonly inputValue: string | null
}

/** One item that the rules of the business refuse (document 004, ManageError). */
export interface BusinessError {
  readonly service: string
  readonly errorMessage: string
}

/** What the rules of the business refuse: of one item among several, or as a sentence, as each service documents it. */
export type Refusal = BusinessError | string

export interface ErrorDetail {
  readonly fields?: readonly FieldError[]
  readonly business?: readonly Refusal[]
  readonly retryAfterSeconds?: number
  readonly cause?: unknown
}

export class SincewireError extends Error {
  readonly code: ErrorCode
  readonly fields: readonly FieldError[]
  readonly business: readonly Refusal[]
  readonly retryAfterSeconds: number | undefined

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause })
    this.name = 'SincewireError'
    this.code = code
    this.fields = detail.fields ?? []
    this.business = detail.business ?? []
    this.retryAfterSeconds = detail.retryAfterSeconds
  }
}

/** Input that breaks a rule of its own. At least one field, each with what was expected. */
export function invalid(
  fields: readonly FieldError[],
  message = 'Error found in validation of input payload',
): SincewireError {
  return new SincewireError('invalid', message, { fields })
}

/** One wrong query parameter or field. */
export function invalidField(field: string, error: string, inputValue: unknown = null): SincewireError {
  return invalid([{ error, field, inputValue: shown(inputValue) }])
}

/** Well-formed, but refused. */
export function refused(
  business: readonly Refusal[],
  message = 'Error found in processing of input payload',
): SincewireError {
  return new SincewireError('refused', message, { business })
}

/** What is not there (or no longer). */
export function notFound(message = 'Resource not Found'): SincewireError {
  return new SincewireError('not_found', message)
}

/** The process cannot start or go on; one sentence for whoever started it. */
export function unusable(message: string, cause?: unknown): SincewireError {
  return new SincewireError('unusable', message, { cause })
}

/** An input value as an answer may show it: text, short. Callers pass null for secret fields. */
export function shown(value: unknown): string | null {
  if (value === null || value === undefined) return null
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
