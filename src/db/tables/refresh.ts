import type { Generated } from 'kysely'
import type { Instant } from '../../domain/instant.ts'
import type {
  RefreshAction,
  RefreshPhase,
  RefreshStatus,
  RefreshType,
  Republish,
} from '../../domain/refresh.ts'

export interface RefreshRequestTable {
  request_id: Generated<number>
  service: string
  action: RefreshAction
  refresh_type: RefreshType | null
  republish: Republish
  keys: string[] | null
  status: Generated<RefreshStatus>
  phase: RefreshPhase | null
  position: string | null
  seen: Generated<number>
  changed: Generated<number>
  total: number | null
  error: string | null
  requested_at: Generated<Instant>
  started_at: Instant | null
  finished_at: Instant | null
}
