import { BlockedAddress } from './connector.ts'
import { ProxyTrouble } from './proxy.ts'

/** Why a call got no answer: a stable reason for machines and a sentence for the operator. Neither holds a secret. */
export interface Failure {
  readonly kind: 'failed'
  /**
   * `timeout`, `tls`, `proxy`, `reset`, `protocol`, `blocked_address`, `blocked_target`, `token`, `credential`, `superseded`,
   * `invalid_request`, `aborted`, `unknown`, or the system's own code (`ECONNREFUSED`, `ENOTFOUND`, `EHOSTUNREACH`, …).
   */
  readonly reason: string
  readonly message: string
}

export function failed(reason: string, message: string): Failure {
  return { kind: 'failed', reason, message }
}

/** Says what an error of the HTTP client means. `host` is the host and port that was called. */
export function failureOf(error: unknown, host: string): Failure {
  const root = rootOf(error)
  if (root instanceof BlockedAddress) {
    return failed('blocked_address', `${root.message}; the settings do not list it as an allowed target.`)
  }
  if (root instanceof ProxyTrouble) return failed('proxy', `${root.message}.`)
  const name = root instanceof Error ? root.name : ''
  const code = codeOf(root)
  if (
    name === 'TimeoutError' ||
    code === 'ETIMEDOUT' ||
    /^UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT$/.test(code)
  ) {
    return failed('timeout', `${host} did not answer in time.`)
  }
  if (name === 'AbortError') return failed('aborted', 'The call was stopped because the service is stopping.')
  if (isTls(code)) return failed('tls', `No secure connection to ${host} could be made (${code}).`)
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET' || code === 'ECONNABORTED') {
    return failed('reset', `${host} closed the connection before it had answered.`)
  }
  if (name === 'HTTPParserError' || code === 'UND_ERR_HEADERS_OVERFLOW' || code.startsWith('UND_ERR_RES')) {
    return failed('protocol', `${host} answered with something that is not HTTP as we accept it.`)
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return failed(code, `The name of ${host} could not be resolved.`)
  if (code === 'ECONNREFUSED') return failed(code, `${host} refused the connection.`)
  if (code === 'UND_ERR_INVALID_ARG') {
    return failed(
      'invalid_request',
      'The call cannot be sent: its URL or a header holds a character that HTTP forbids.',
    )
  }
  return failed(code || 'unknown', `${host} could not be called${code ? ` (${code})` : ''}.`)
}

/** fetch wraps the cause, and a connection tried at several addresses gives one error for each. */
function rootOf(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return rootOf(error.errors[0])
  if (error instanceof Error && codeOf(error) === '' && error.cause instanceof Error)
    return rootOf(error.cause)
  return error
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : ''
}

function isTls(code: string): boolean {
  return (
    /^ERR_(TLS|SSL|OSSL)_/.test(code) ||
    /^(CERT|CRL)_|_CERT|_SIGNATURE|^HOSTNAME_MISMATCH$|^INVALID_(CA|PURPOSE)$|^PATH_LENGTH_EXCEEDED$/.test(
      code,
    ) ||
    code === 'EPROTO'
  )
}
