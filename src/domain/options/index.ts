import { functionalOptions } from './functional.ts'
import { inventoryOptions } from './inventory.ts'
import type { OptionType, OptionTypes } from './option.ts'
import { procurementOptions } from './procurement.ts'

export { optionColumn, parseOption, type OptionType, type OptionTypes, type OptionValue } from './option.ts'

/** The three tables of system options. No two of their options share a name. */
export const OPTION_TABLES = {
  functional_config_options: functionalOptions,
  inv_move_unit_options: inventoryOptions,
  procurement_unit_options: procurementOptions,
} as const satisfies Record<string, OptionTypes>

export type OptionTable = keyof typeof OPTION_TABLES

/** Where an option of that name is kept and what it may hold, or undefined. */
export function findOption(
  name: string,
): { readonly table: OptionTable; readonly type: OptionType } | undefined {
  for (const [table, types] of Object.entries(OPTION_TABLES) as [OptionTable, OptionTypes][]) {
    const type = Object.hasOwn(types, name) ? types[name] : undefined
    if (type) return { table, type }
  }
  return undefined
}
