/** What an attempt means for the listener. */
export type Outcome =
  /** 2xx: done. */
  | { readonly kind: 'success' }
  /** Short trouble: worth another try in place, not before so many milliseconds. */
  | { readonly kind: 'transient'; readonly notBeforeMilliseconds: number; readonly error: string }
  /** Trying again now would not help: hold, probe later. */
  | { readonly kind: 'failed'; readonly notBeforeMilliseconds: number; readonly error: string }
  /** 410: the receiver wants no more of this. */
  | { readonly kind: 'gone'; readonly error: string }

/** What an attempt brought back, as far as judging needs it. */
export type Answer =
  | { readonly kind: 'answered'; readonly status: number; readonly retryAfterMilliseconds: number | null }
  | { readonly kind: 'failed'; readonly reason: string; readonly message: string }

// Refused by our own guards or by what the operator entered: the same now as in a second.
const LASTING_REASONS: ReadonlySet<string> = new Set([
  'blocked_address',
  'blocked_target',
  'tls',
  'token',
  'credential',
])

/**
 * Judges one attempt. Document 004 knows only "200 for success"; any 2xx is taken as one. Redirects are not
 * followed and count as failures.
 */
export function judge(answer: Answer): Outcome {
  if (answer.kind === 'failed') {
    const error = `${answer.reason}: ${answer.message}`
    const kind = LASTING_REASONS.has(answer.reason) ? 'failed' : 'transient'
    return { kind, notBeforeMilliseconds: 0, error }
  }
  const { status } = answer
  if (status >= 200 && status < 300) return { kind: 'success' }
  const error = `the listener answered ${status}`
  if (status === 410) return { kind: 'gone', error }
  const notBeforeMilliseconds = answer.retryAfterMilliseconds ?? 0
  const passes = status >= 500 || status === 408 || status === 425 || status === 429
  return { kind: passes ? 'transient' : 'failed', notBeforeMilliseconds, error }
}
