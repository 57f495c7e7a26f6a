import type { Generated } from 'kysely'
import type { CallKind } from '../../domain/listener.ts'
import type { Instant } from '../../domain/instant.ts'

export interface AttemptTable {
  attempt_id: Generated<number>
  listener_uid: string
  listener_name: string
  service: string
  kind: CallKind
  since_timestamp: Instant | null
  before_timestamp: Instant | null
  offset_key: string | null
  record_count: number | null
  webhook_id: string
  attempt_number: number
  url: string
  status: number | null
  succeeded: boolean
  duration_ms: number
  bytes: number
  answer: string | null
  error: string | null
  correlation_id: string
  attempted_at: Instant
}
