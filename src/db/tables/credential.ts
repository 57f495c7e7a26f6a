import type { Generated } from 'kysely'
import type { Instant } from '../../domain/instant.ts'

export interface CredentialTable {
  credential_name: string
  credential_type: 'OAUTH' | 'BASICAUTH' | 'APIKEY'
  username: string | null
  oauth_client_id: string | null
  oauth_token_url: string | null
  oauth_scope: string | null
  heartbeat_interval_hours: number | null
  secret: Buffer
  secret_key_id: string
  revision: Generated<number>
  created_at: Generated<Instant>
  updated_at: Generated<Instant>
}
