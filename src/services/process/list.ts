import { listFailures, readBacklog, type Backlog, type DeltaFailure } from '../../db/changeLog.ts'
import type { Db } from '../../db/pool.ts'
import { listProcesses, type Process } from '../../db/process.ts'

export interface ProcessStatus extends Process {
  /** For a delta process: what waits in the change log, and the documents that could not be made. */
  readonly delta: (Backlog & { readonly failures: readonly DeltaFailure[] }) | null
}

const COUNT_TO = 1_000_000
const FAILURES_SHOWN = 100

/** The background jobs with what steers them and how far they are. */
export async function listProcessStatus(db: Db): Promise<readonly ProcessStatus[]> {
  const found: ProcessStatus[] = []
  for (const process of await listProcesses(db)) {
    const { service } = process
    found.push({ ...process, delta: service === null ? null : await deltaOf(db, service) })
  }
  return found
}

async function deltaOf(db: Db, service: string) {
  const failures = await listFailures(db, service, FAILURES_SHOWN)
  return { ...(await readBacklog(db, service, COUNT_TO)), failures }
}
