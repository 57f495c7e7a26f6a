import type { BatchStatus } from '../domain/batch.ts'
import type { DbOrTx } from './pool.ts'

/** The one row of RMS_BATCH_STATUS. `lock`: until the transaction ends, for who will change it. */
export async function readBatchStatus(db: DbOrTx, lock = false): Promise<BatchStatus> {
  const row = await db
    .selectFrom('merch.rms_batch_status')
    .selectAll()
    .$if(lock, (query) => query.forUpdate())
    .executeTakeFirst()
  return {
    running: row?.batch_running_ind === 'Y',
    inventoryRunning: row?.inventory_batch_running_ind === 'Y',
    costingRunning: row?.costing_batch_running_ind === 'Y',
    startWarning: row?.batch_start_warning_ind === 'Y',
  }
}

export async function writeBatchStatus(db: DbOrTx, status: BatchStatus): Promise<void> {
  const row = {
    batch_running_ind: yn(status.running),
    inventory_batch_running_ind: yn(status.inventoryRunning),
    costing_batch_running_ind: yn(status.costingRunning),
    batch_start_warning_ind: yn(status.startWarning),
  }
  // Somebody may have emptied the table: it is theirs too.
  await db
    .insertInto('merch.rms_batch_status')
    .values(row)
    .onConflict((conflict) => conflict.column('one_row').doUpdateSet(row))
    .execute()
}

function yn(value: boolean): 'Y' | 'N' {
  return value ? 'Y' : 'N'
}
