import type { Generated } from 'kysely'

type Indicator = Generated<'Y' | 'N'>

export interface BatchStatusTable {
  one_row: Generated<true>
  batch_running_ind: Indicator
  inventory_batch_running_ind: Indicator
  costing_batch_running_ind: Indicator
  batch_start_warning_ind: Indicator
}
