import { afterAll, onTestFinished } from 'vitest'

const left: (() => Promise<void>)[] = []

/** Runs `work` when what it was called in is over: the test, or else the file or describe. The last one in goes first. */
export function cleanUp(work: () => unknown): void {
  const done = async () => void (await work())
  try {
    onTestFinished(done)
  } catch {
    try {
      afterAll(done) // not inside a test
    } catch {
      left.push(done) // not even inside vitest: a program of its own (test/faults/main.ts)
    }
  }
}

/** What `cleanUp` was given outside of vitest, the last one in first. For programs that end by themselves. */
export async function cleanUpNow(): Promise<void> {
  for (let work = left.pop(); work; work = left.pop()) await work()
}
