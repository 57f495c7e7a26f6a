import type { Generated, JSONColumnType } from 'kysely'
import type { Instant } from '../../domain/instant.ts'
import type { Filter } from '../../domain/filter.ts'

export interface MerchapiConfigTable {
  merchapi_name: string
  title: string | null
  json_table: string | null
  enabled: Generated<boolean>
  key_parts: Generated<string[]>
  filters: JSONColumnType<Filter[], string | undefined, string>
  wake_on_commit: Generated<boolean>
  loaded_at: Instant | null
  refreshed_at: Instant | null
  pruned_before: Instant | null
  pruned_up_to: Instant | null
  created_at: Generated<Instant>
}
