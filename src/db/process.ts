import { sql, type Selectable } from 'kysely'
import type { Instant } from '../domain/instant.ts'
import type { ProcessChange, ProcessSettings } from '../domain/process.ts'
import type { DbOrTx } from './pool.ts'
import type { ProcessConfigTable } from './tables/process.ts'

export interface Process extends ProcessSettings {
  readonly jobName: string
  /** Whose delta process it is; null: a job of the whole installation. */
  readonly service: string | null
  /** What the last run failed with; null: it did not. */
  readonly lastError: string | null
  readonly lastErrorAt: Instant | null
}

/** All jobs, by name. */
export async function listProcesses(db: DbOrTx): Promise<readonly Process[]> {
  const rows = await db.selectFrom('merch.b8d_process_config').selectAll().orderBy('job_name').execute()
  return rows.map(toProcess)
}

/** The job of that name, or undefined. */
export async function findProcess(db: DbOrTx, jobName: string): Promise<Process | undefined> {
  const row = await db
    .selectFrom('merch.b8d_process_config')
    .selectAll()
    .where('job_name', '=', jobName)
    .executeTakeFirst()
  return row && toProcess(row)
}

/** Changes what is given. False: there is no such job. */
export async function updateProcess(db: DbOrTx, jobName: string, change: ProcessChange): Promise<boolean> {
  const { numThreads, numDataToProcess, commitMaxCtr, archive } = change
  const { numUpdatedRows } = await db
    .updateTable('merch.b8d_process_config')
    .set({
      ...(numThreads !== undefined && { num_threads: numThreads }),
      ...(numDataToProcess !== undefined && { num_data_to_process: numDataToProcess }),
      ...(commitMaxCtr !== undefined && { commit_max_ctr: commitMaxCtr }),
      ...(archive !== undefined && { archive_ind: archive ? 'Y' : 'N' }),
      updated_at: sql`clock_timestamp()`,
    })
    .where('job_name', '=', jobName)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

function toProcess(row: Selectable<ProcessConfigTable>): Process {
  return {
    jobName: row.job_name,
    service: row.service,
    numThreads: row.num_threads,
    numDataToProcess: row.num_data_to_process,
    commitMaxCtr: row.commit_max_ctr,
    archive: row.archive_ind === 'Y',
    lastError: row.last_error,
    lastErrorAt: row.last_error_at,
  }
}

/** What the last run of a job failed with; null: it did not. Writes only what is new. */
export async function noteTrouble(db: DbOrTx, jobName: string, error: string | null): Promise<void> {
  await db
    .updateTable('merch.b8d_process_config')
    .set({ last_error: error, last_error_at: error === null ? null : sql`clock_timestamp()` })
    .where('job_name', '=', jobName)
    .where((eb) => (error === null ? eb('last_error', 'is not', null) : eb.lit(true)))
    .execute()
}
