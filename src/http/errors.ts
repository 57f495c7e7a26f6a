import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { SincewireError, type ErrorCode, type FieldError, type Refusal } from '../domain/errors.ts'

/** The error shape of the Merchandising API (document 004); other rooms make their own of an ErrorAnswer. */
export interface ErrorBody {
  readonly status: 'ERROR'
  readonly message: string
  readonly validationErrors?: readonly FieldError[]
  readonly businessError?: readonly Refusal[]
  readonly correlationId?: string
}

export interface ErrorAnswer {
  readonly status: ContentfulStatusCode
  readonly headers: Record<string, string>
  readonly body: ErrorBody
  /** Not the caller's fault: worth a line in the log with its cause. */
  readonly ours: boolean
}

const statusOf: Record<ErrorCode, ContentfulStatusCode> = {
  invalid: 400,
  refused: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  throttled: 429,
  unavailable: 503,
  unusable: 500,
}

/** The ways in (RFC 9110, section 11.6.1). */
const CHALLENGES =
  'API_KEY realm="sincewire", Basic realm="sincewire", charset="UTF-8", Bearer realm="sincewire"'

/** What any error answers: the one place where errors meet HTTP. An unknown error tells its correlation id alone. */
export function answerFor(error: unknown, correlationId: string): ErrorAnswer {
  if (error instanceof SincewireError && error.code !== 'unusable') return fromOurs(error)
  if (error instanceof HTTPException && error.status < 500) {
    return answer(error.status, error.message || 'The request cannot be understood')
  }
  if (isClientGone(error)) return answer(400, 'The request broke off')
  if (isDatabaseAway(error)) {
    return { ...answer(503, 'The database does not answer'), headers: { 'retry-after': '5' }, ours: true }
  }
  const body = { status: 'ERROR', message: 'Internal error', correlationId } as const
  return { status: 500, headers: {}, body, ours: true }
}

function fromOurs(error: SincewireError): ErrorAnswer {
  const { status, body } = answer(statusOf[error.code], error.message)
  return {
    status,
    headers: {
      ...(error.code === 'unauthenticated' && { 'www-authenticate': CHALLENGES }),
      ...(error.retryAfterSeconds !== undefined && { 'retry-after': String(error.retryAfterSeconds) }),
    },
    body: {
      ...body,
      ...(error.fields.length > 0 && { validationErrors: error.fields }),
      ...(error.business.length > 0 && { businessError: error.business }),
    },
    // Without a cause nothing has failed: there is too much to do, or it is not the time.
    ours: error.code === 'unavailable' && error.cause !== undefined,
  }
}

function answer(status: number, message: string): ErrorAnswer {
  return {
    status: status as ContentfulStatusCode,
    headers: {},
    body: { status: 'ERROR', message },
    ours: false,
  }
}

/** Node's word for a request whose connection ended before its body did. */
function isClientGone(error: unknown): boolean {
  return (
    error instanceof Error && error.message === 'aborted' && 'code' in error && error.code === 'ECONNRESET'
  )
}

/** Connections refused or cut, and PostgreSQL's classes 08 (connection), 53 (resources), 57 (shutdown, time is up). */
function isDatabaseAway(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|08...|53...|57...)$/.test(code)
}
