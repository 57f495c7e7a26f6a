import { setTimeout as delay } from 'node:timers/promises'

/**
 * Tries until `check` returns something other than false or undefined, and returns that. For what gives no
 * signal, e.g. a row that another process will write. Throws the last failure at the deadline.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  deadlineMs = 15_000,
  everyMs = 20,
): Promise<Exclude<T, false | undefined>> {
  const deadline = performance.now() + deadlineMs
  for (;;) {
    let failure: Error | undefined
    try {
      const value = await check()
      if (value !== false && value !== undefined) return value as Exclude<T, false | undefined>
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error))
    }
    if (performance.now() > deadline) {
      throw failure ?? new Error(`not so within ${deadlineMs} ms: ${check.toString().slice(0, 200)}`)
    }
    await delay(everyMs)
  }
}
