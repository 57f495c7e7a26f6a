import type { Db } from '../../db/pool.ts'
import type { RequestQuery } from '../../db/refresh.ts'
import type { ProcessChange } from '../../domain/process.ts'
import type { RefreshOrder } from '../../domain/refresh.ts'
import { fileRefresh } from '../refresh/file.ts'
import { listRefreshes, type RefreshPage } from '../refresh/list.ts'
import { configureProcess } from './configure.ts'
import { listProcessStatus, type ProcessStatus } from './list.ts'

export type { ProcessStatus } from './list.ts'

/** The verbs of the background jobs, as a front door gets them. */
export interface ProcessServices {
  /** Where callers reach us, no slash at its end. Known once we listen. */
  readonly publicUrl: () => string
  configure(jobName: string, change: ProcessChange): Promise<void>
  listProcesses(): Promise<readonly ProcessStatus[]>
  fileRefresh(order: RefreshOrder): Promise<number>
  listRefreshes(query: RequestQuery): Promise<RefreshPage>
}

/** Binds the verbs. */
export function createProcessServices(db: Db, publicUrl: () => string): ProcessServices {
  return {
    publicUrl,
    configure: (jobName, change) => configureProcess(db, jobName, change),
    listProcesses: () => listProcessStatus(db),
    fileRefresh: (order) => fileRefresh(db, order),
    listRefreshes: (query) => listRefreshes(db, query),
  }
}
