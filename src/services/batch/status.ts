import { readBatchStatus } from '../../db/batchStatus.ts'
import type { Db } from '../../db/pool.ts'
import type { BatchStatus } from '../../domain/batch.ts'

/** Whether the nightly batch runs, which parts of it, and whether it is about to start. */
export function batchStatus(db: Db): Promise<BatchStatus> {
  return readBatchStatus(db)
}
