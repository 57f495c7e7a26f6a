import { readOptions, type OptionValues } from '../../db/options.ts'
import type { Db } from '../../db/pool.ts'
import { OPTION_TABLES, type OptionTable } from '../../domain/options/index.ts'

export type { OptionValues } from '../../db/options.ts'

/** The options of a table by their names. */
export function getOptions(db: Db, table: OptionTable): Promise<OptionValues> {
  return readOptions(db, table)
}

/** The options of all tables. */
export async function getAllOptions(db: Db): Promise<OptionValues> {
  const tables = Object.keys(OPTION_TABLES) as OptionTable[]
  const values = await Promise.all(tables.map((table) => readOptions(db, table)))
  return Object.assign({}, ...values) as OptionValues
}
