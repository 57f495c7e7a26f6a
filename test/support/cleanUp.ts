import { afterAll, onTestFinished } from 'vitest'

/** Runs `work` when what it was called in is over: the test, or else the file or describe. The last one in goes first. */
export function cleanUp(work: () => unknown): void {
  const done = async () => void (await work())
  try {
    onTestFinished(done)
  } catch {
    afterAll(done) // not inside a test
  }
}
