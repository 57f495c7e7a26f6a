/** How failed calls are tried again; times in milliseconds. */
export interface RetryPolicy {
  /** Tries after the first, in place, within one turn. */
  readonly inPlaceRetries: number
  /** Before the first of them; doubles each time. */
  readonly inPlaceDelayMilliseconds: number
  /** First hold; doubles with each failure in a row. */
  readonly holdBaseMilliseconds: number
  readonly holdMaxMilliseconds: number
}

/** A day: a receiver may not silence its listener for longer by Retry-After. */
const RETRY_AFTER_MAX = 86_400_000

/**
 * How long a listener is held after its n-th failure in a row: exponential, never above the maximum, with half of
 * it left to chance so that listeners that failed together do not come back together. `dice` is in [0, 1).
 * A receiver's Retry-After is a lower bound, up to a day.
 */
export function holdMilliseconds(
  policy: RetryPolicy,
  failures: number,
  dice: number,
  notBeforeMilliseconds: number,
): number {
  const full = Math.min(
    policy.holdMaxMilliseconds,
    policy.holdBaseMilliseconds * 2 ** Math.min(failures - 1, 40),
  )
  const jittered = Math.round(full / 2 + (full / 2) * dice)
  return Math.max(jittered, Math.min(notBeforeMilliseconds, RETRY_AFTER_MAX))
}

/** Whether a wait that the receiver asked for is short enough to spend it in place, holding the slot. */
export function waitInPlace(policy: RetryPolicy, notBeforeMilliseconds: number): boolean {
  return notBeforeMilliseconds <= policy.inPlaceDelayMilliseconds * 2 ** policy.inPlaceRetries
}
