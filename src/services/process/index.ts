import type { Db } from '../../db/pool.ts'
import type { ProcessChange } from '../../domain/process.ts'
import { configureProcess } from './configure.ts'

/** The verbs of the background jobs' settings, as a front door gets them. */
export interface ProcessServices {
  configure(jobName: string, change: ProcessChange): Promise<void>
}

/** Binds the verbs. */
export function createProcessServices(db: Db): ProcessServices {
  return { configure: (jobName, change) => configureProcess(db, jobName, change) }
}
