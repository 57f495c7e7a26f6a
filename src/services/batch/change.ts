import { readBatchStatus, writeBatchStatus } from '../../db/batchStatus.ts'
import type { Db } from '../../db/pool.ts'
import { changeBatch, type BatchEvent, type BatchPart, type BatchStatus } from '../../domain/batch.ts'
import { SincewireError } from '../../domain/errors.ts'

/** Files that the batch, or a part of it, starts, ends or is about to start. Throws `refused` when it cannot be. */
export function changeBatchStatus(
  db: Db,
  event: BatchEvent,
  part: BatchPart | undefined,
): Promise<BatchStatus> {
  return db.transaction().execute(async (tx) => {
    const changed = changeBatch(await readBatchStatus(tx, true), event, part)
    if (typeof changed === 'string') throw new SincewireError('refused', changed)
    await writeBatchStatus(tx, changed)
    return changed
  })
}
