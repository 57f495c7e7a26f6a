import { findAuditRows, type AuditRow } from '../../db/audit.ts'
import type { DbOrTx } from '../../db/pool.ts'
import { notFound } from '../../domain/errors.ts'
import type { AuditTrail } from './trail.ts'

const AT_MOST = 1000

/**
 * The audited calls that carried a correlation id, the latest first, at most 1000 (merchandising facts: it "can be
 * searched later"). This process's own are found at once, another's within a second. Throws `not_found` for none.
 */
export async function findCalls(
  db: DbOrTx,
  trail: Pick<AuditTrail, 'flush'>,
  correlationId: string,
): Promise<readonly AuditRow[]> {
  await trail.flush()
  const calls = await findAuditRows(db, correlationId, AT_MOST)
  if (calls.length === 0) throw notFound()
  return calls
}
