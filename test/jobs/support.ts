import type { TestDatabase } from '../support/index.ts'
import { runDelta } from '../../src/services/delta/run.ts'

/** Runs a service's delta process until its log is empty; returns what all runs did. */
export async function catchUp(database: TestDatabase, service: string, tries = 5) {
  const total = { taken: 0, changed: 0, failed: 0 }
  for (;;) {
    const done = await runDelta(database.db, service, { tries, retrySeconds: 3600 })
    total.taken += done.taken
    total.changed += done.changed
    total.failed += done.failed
    if (done.taken === 0) return total
  }
}

/** The keys in a service's change log, in the order of their rows. */
export async function logged(database: TestDatabase, feed: string): Promise<string[]> {
  const rows = await database.run(`select key from sincewire_capture."${feed}.log" order by id`)
  return rows.map(({ key }) => String(key))
}
