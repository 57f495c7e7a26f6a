import type { Generated } from 'kysely'
import type { CredentialType } from '../../domain/credential.ts'
import type { Instant } from '../../domain/instant.ts'

export interface CredentialTable {
  credential_name: string
  credential_type: CredentialType
  username: string | null
  oauth_client_id: string | null
  oauth_token_url: string | null
  oauth_scope: string | null
  heartbeat_interval_hours: number | null
  secret: Buffer | null
  secret_key_id: string | null
  apikey_header: string | null
  apikey_prefix: string | null
  client_certificate: string | null
  client_certificate_expires_at: Instant | null
  client_key: Buffer | null
  client_key_key_id: string | null
  ca_certificate: string | null
  ca_certificate_expires_at: Instant | null
  revision: Generated<number>
  owner: string | null
  created_at: Generated<Instant>
  updated_at: Generated<Instant>
}

export interface CertificateWarningTable {
  credential_name: string
  warned_at: Instant
}
