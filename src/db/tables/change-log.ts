import type { Generated } from 'kysely'
import type { Instant } from '../../domain/instant.ts'

/** Read alone: triggers write it. */
export interface ChangeLogTable {
  change_id: Generated<number>
  changed_at: Generated<Instant>
  /** xid8 as text. */
  xid: Generated<string>
  actor: Generated<string>
  role: Generated<string | null>
  via: Generated<string>
  address: Generated<string | null>
  correlation_id: Generated<string | null>
  login: Generated<string>
  application: Generated<string>
  object_kind: string
  object_name: string
  operation: string
  before: Readonly<Record<string, unknown>> | null
  after: Readonly<Record<string, unknown>> | null
}
