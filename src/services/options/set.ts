import { writeOptions, type OptionValues } from '../../db/options.ts'
import type { Db, DbOrTx } from '../../db/pool.ts'
import { invalid, type FieldError } from '../../domain/errors.ts'
import { findOption, parseOption, type OptionTable, type OptionValue } from '../../domain/options/index.ts'

/** An option by its name with its value as typed; a blank one unsets it. */
export interface OptionSetting {
  readonly name: string
  readonly typed: string
}

/** What is wrong with a setting, as the end of a sentence, or where it goes and what is kept. */
export function checkOption({
  name,
  typed,
}: OptionSetting): { readonly fault: string } | { readonly table: OptionTable; readonly value: OptionValue } {
  const option = findOption(name)
  if (!option) return { fault: 'is not an option' }
  const parsed = parseOption(option.type, typed)
  return 'fault' in parsed ? parsed : { table: option.table, value: parsed.value }
}

/** Sets options: all or none. Throws `invalid` naming every one that is wrong. */
export async function setOptions(db: Db, settings: readonly OptionSetting[]): Promise<void> {
  const faults = settings.flatMap((setting): FieldError[] => {
    const checked = checkOption(setting)
    return 'fault' in checked
      ? [{ error: checked.fault, field: setting.name, inputValue: setting.typed }]
      : []
  })
  if (faults.length > 0) throw invalid(faults, 'The options are not as they must be, nothing was changed')
  await db.transaction().execute((tx) => putOptions(tx, settings))
}

/** Writes checked options; the last of several for one name counts. */
export async function putOptions(tx: DbOrTx, settings: readonly OptionSetting[]): Promise<void> {
  const byTable = new Map<OptionTable, Record<string, OptionValue>>()
  for (const setting of settings) {
    const checked = checkOption(setting)
    if ('fault' in checked) throw new Error(`${setting.name} ${checked.fault}`)
    const values = byTable.get(checked.table) ?? {}
    byTable.set(checked.table, values)
    values[setting.name] = checked.value
  }
  for (const [table, values] of byTable) await writeOptions(tx, table, values satisfies OptionValues)
}
