import type { Generated } from 'kysely'
import type { Instant } from '../../domain/instant.ts'

export interface ListenerTable {
  listener_name: string
  uid: string
  service: string
  credential_name: string
  listener_url: string
  enabled: Generated<boolean>
  include_payload: Generated<boolean>
  interval_seconds: Generated<number>
  page_limit: Generated<number>
  query_parameter: string | null
  heartbeat_interval_hours: Generated<number>
  signing_secret: Buffer | null
  signing_key_id: string | null
  headers: Buffer | null
  headers_key_id: string | null
  header_names: Generated<string[]>
  previous_secret: Buffer | null
  previous_secret_key_id: string | null
  previous_secret_until: Instant | null
  private_key: Buffer | null
  private_key_key_id: string | null
  public_key: string | null
  previous_private_key: Buffer | null
  previous_private_key_key_id: string | null
  previous_private_key_until: Instant | null
  generation: Generated<number>
  target_revision: Generated<number>
  since_timestamp: Generated<Instant>
  since_floor: Generated<Instant>
  since_snapshot: string | null
  before_timestamp: Instant | null
  before_floor: Instant | null
  before_snapshot: string | null
  offset_changed_at: Instant | null
  offset_key: string | null
  next_heartbeat_at: Generated<Instant>
  proven_revision: number | null
  failures: Generated<number>
  hold_since: Instant | null
  heartbeat_error: string | null
  disabled_reason: string | null
  window_begun: Generated<boolean>
  turn_queue: string | null
  turn_job: string | null
  turn_engine: number | null
  turn_token: string | null
  owner: string | null
  created_at: Generated<Instant>
  updated_at: Generated<Instant>
}
