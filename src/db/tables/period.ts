import type { Generated } from 'kysely'
import type { Day } from '../../domain/day.ts'

export interface PeriodTable {
  one_row: Generated<true>
  vdate: Day
}

export interface SystemVariablesTable {
  one_row: Generated<true>
  last_eow_date_unit: Day
  next_eow_date_unit: Day
  last_eom_date_unit: Day
  next_eom_date_unit: Day
}
