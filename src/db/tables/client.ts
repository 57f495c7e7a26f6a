import type { Generated } from 'kysely'
import type { ClientRole } from '../../domain/caller.ts'
import type { Instant } from '../../domain/instant.ts'

export interface ClientTable {
  client_name: string
  role: ClientRole
  services: string[] | null
  /** cidr[]: written and read through casts to text[]. */
  addresses: string[] | null
  enabled: Generated<boolean>
  created_at: Generated<Instant>
}

export interface ClientKeyTable {
  key_id: string
  client_name: string
  hash: string
  created_at: Generated<Instant>
  expires_at: Instant | null
  last_used_at: Instant | null
  revoked_at: Instant | null
}
