/** One deadline over everything that an attempt does: token, name, connection, request and answer. */
export interface Deadline {
  /** Aborts with a TimeoutError when the time is up, with an AbortError when the outer signal does. */
  readonly signal: AbortSignal
  /** Settles as the promise does, or rejects with the signal's reason if that comes first. */
  race<T>(promise: Promise<T>): Promise<T>
  [Symbol.dispose](): void
}

/**
 * Starts a deadline. Dispose of it (`using`) when the attempt is over, so that neither timer nor listener stays.
 * AbortSignal.any with AbortSignal.timeout would do the same, but leaves both to the garbage collector.
 */
export function startDeadline(milliseconds: number, outer: AbortSignal): Deadline {
  const controller = new AbortController()
  const { signal } = controller
  const stop = () => controller.abort(new DOMException('stopped', 'AbortError'))
  if (outer.aborted) stop()
  else outer.addEventListener('abort', stop, { once: true })
  const timer = setTimeout(() => {
    controller.abort(new DOMException(`no answer within ${milliseconds} ms`, 'TimeoutError'))
  }, milliseconds)
  return {
    signal,
    race: (promise) => raceSignal(promise, signal),
    [Symbol.dispose]() {
      clearTimeout(timer)
      outer.removeEventListener('abort', stop)
    },
  }
}

/** Settles as the promise does, or rejects with the signal's reason if that comes first. */
export function raceSignal<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = () => reject(signal.reason as Error)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
