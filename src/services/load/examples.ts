import { fileURLToPath } from 'node:url'
import type { Db } from '../../db/pool.ts'
import { setVirtualDate } from '../vdate/set.ts'
import { loadKinds } from './kinds.ts'
import { loadInto } from './load.ts'

/** The files of config/examples/, by the kind of each. The codes first: people have types. */
const FILES = {
  codes: 'codes.csv',
  calendar: 'calendar.csv',
  options: 'options.json',
  people: 'people.csv',
  'report-urls': 'report-urls.csv',
  'report-references': 'report-references.csv',
} as const

/** The day that the document's sample of Common/vDate shows. */
const EXAMPLE_VDATE = '2019-07-01'

/** Where an example file is; any of them can be given to `sincewire load`. */
export function exampleFile(name: string): string {
  return fileURLToPath(new URL(`../../../config/examples/${name}`, import.meta.url))
}

/**
 * Loads the example set: codes, calendar, options and reports, and sets the virtual date. Returns how many records it
 * held. What is there already of the same keys is replaced.
 */
export async function loadExamples(db: Db): Promise<number> {
  const count = await db.transaction().execute(async (tx) => {
    let records = 0
    for (const [kind, name] of Object.entries(FILES)) {
      const found = loadKinds[kind]
      if (found) records += await loadInto(tx, found, { file: exampleFile(name) })
    }
    return records
  })
  await setVirtualDate(db, EXAMPLE_VDATE)
  return count
}
