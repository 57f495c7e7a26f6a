import { readFile } from 'node:fs/promises'
import type { Db } from '../../db/pool.ts'
import { createSample, hasSample, insertSampleRows } from '../../db/sample.ts'

const DDL = new URL('../../../config/catalogue/sample.sql', import.meta.url)
const ROWS_A_STATEMENT = 1000

/**
 * Makes and fills the sample tables in one transaction, unless they are there: true when it did. `onRows` hears how
 * many rows are in, of how many.
 */
export async function fillSample(db: Db, onRows: (done: number, total: number) => void): Promise<boolean> {
  const ddl = await readFile(DDL, 'utf8')
  return db.transaction().execute(async (tx) => {
    if (await hasSample(tx)) return false
    await createSample(tx, ddl)
    // Here, because it takes a moment to load and is wanted once.
    const { generateSample } = await import('./generate.ts')
    const rows = generateSample()
    const total = [...rows.values()].reduce((sum, { length }) => sum + length, 0)
    let done = 0
    for (const [table, all] of rows) {
      for (let at = 0; at < all.length; at += ROWS_A_STATEMENT) {
        const some = all.slice(at, at + ROWS_A_STATEMENT)
        await insertSampleRows(tx, table, some)
        onRows((done += some.length), total)
      }
    }
    return true
  })
}
