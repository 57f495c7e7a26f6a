import { sql } from 'kysely'
import { OPTION_TABLES, optionColumn, type OptionTable, type OptionValue } from '../domain/options/index.ts'
import type { DbOrTx } from './pool.ts'

export type OptionValues = Readonly<Record<string, OptionValue>>

/** Every option of a table by its name; null where nobody has set it. Numbers are numbers. */
export async function readOptions(db: DbOrTx, table: OptionTable): Promise<OptionValues> {
  const { rows } = await sql<{ row: OptionValues }>`
    select to_json(t) as row from ${sql.table(`merch.${table}`)} t`.execute(db)
  const row = rows[0]?.row ?? {}
  return Object.fromEntries(
    Object.keys(OPTION_TABLES[table]).map((name) => [name, row[optionColumn(name)] ?? null]),
  )
}

/** Sets some options of a table; at least one. The values have been checked. */
export async function writeOptions(db: DbOrTx, table: OptionTable, values: OptionValues): Promise<void> {
  const names = Object.keys(values)
  const columns = sql.join(names.map((name) => sql.id(optionColumn(name))))
  const target = sql.table(`merch.${table}`)
  const sources = sql.join(names.map((name) => sql`r.${sql.id(optionColumn(name))}`))
  const row = Object.fromEntries(names.map((name) => [optionColumn(name), values[name]]))
  await sql`insert into ${target} (${columns})
    select ${sources} from json_populate_record(null::${target}, ${JSON.stringify(row)}::json) r
    on conflict (one_row) do update set (${columns}) = row(${sql.join(
      names.map((name) => sql`excluded.${sql.id(optionColumn(name))}`),
    )})`.execute(db)
}
