import { insertAuditRows, type AuditRow } from '../../db/audit.ts'
import type { Db } from '../../db/pool.ts'
import { findCalls } from './status.ts'
import { createAuditTrail, type AuditTrail, type AuditTrailOptions } from './trail.ts'

export type { AuditTrail } from './trail.ts'

/** What the front door needs of the audit. */
export interface AuditServices {
  readonly trail: Pick<AuditTrail, 'record'>
  findCalls(correlationId: string): Promise<readonly AuditRow[]>
}

/** An audit trail into JOB_AUDIT_LOGS and JOB_AUDIT_PAYLOAD. `db` is asked for when the first batch is written. */
export function createDatabaseTrail(db: () => Db, options: Omit<AuditTrailOptions, 'write'>): AuditTrail {
  return createAuditTrail({ ...options, write: (rows) => insertAuditRows(db(), rows) })
}

/** Binds the verbs of the audit. */
export function createAuditServices(db: Db, trail: AuditTrail): AuditServices {
  return { trail, findCalls: (correlationId) => findCalls(db, trail, correlationId) }
}
