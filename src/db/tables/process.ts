import type { Generated } from 'kysely'
import type { Instant } from '../../domain/instant.ts'

export interface ProcessConfigTable {
  job_name: string
  service: string | null
  num_threads: number
  num_data_to_process: number
  commit_max_ctr: number
  archive_ind: Generated<'Y' | 'N'>
  updated_at: Generated<Instant>
  last_error: string | null
  last_error_at: Instant | null
}
