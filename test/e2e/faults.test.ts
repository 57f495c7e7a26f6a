import { expect, test } from 'vitest'
import { reportLines } from '../faults/report.ts'
import { makeTrouble } from '../faults/scenario.ts'
import { bounded } from '../faults/scenarios/bounded.ts'

test(
  'killed engines, API and PostgreSQL, broken connections and bad receivers lose nothing, repeat only for a reason, and keep each key in order',
  { timeout: 120_000 },
  async () => {
    const verdict = await makeTrouble(bounded, { seed: 1, strikes: 6 })
    expect({ broken: verdict.broken, report: reportLines(verdict) }).toMatchObject({ broken: [] })
    // It must have been worth looking at.
    expect(verdict.faults.size).toBe(6)
    expect(verdict.records).toBeGreaterThan(300)
  },
)
