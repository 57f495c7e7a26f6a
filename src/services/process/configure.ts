import type { Db } from '../../db/pool.ts'
import { updateProcess } from '../../db/process.ts'
import { invalid, refused } from '../../domain/errors.ts'
import { processFaults, type ProcessChange } from '../../domain/process.ts'

/**
 * Changes what steers a background job, from its next run on (document 004, "Update Background Job Configuration").
 * Throws `invalid` for values that the job cannot take, `refused` when there is no such job.
 */
export async function configureProcess(db: Db, jobName: string, change: ProcessChange): Promise<void> {
  const faults = processFaults(jobName, change)
  if (faults.length > 0) throw invalid(faults)
  if (await updateProcess(db, jobName, change)) return
  throw refused([{ service: jobName, errorMessage: `There is no background job ${jobName}` }])
}
