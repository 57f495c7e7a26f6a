import { registerBatch } from './batch.ts'
import { registerCalendar } from './calendar.ts'
import { registerCapture } from './capture.ts'
import { registerClient } from './client.ts'
import { registerChanges } from './changes.ts'
import type { Register } from './command.ts'
import { registerDemo } from './demo.ts'
import { registerJobs } from './jobs.ts'
import { registerListen } from './listen.ts'
import { registerLoad } from './load.ts'
import { registerMigrate } from './migrate.ts'
import { registerOptions } from './options.ts'
import { registerPrune } from './prune.ts'
import { registerRebuild } from './rebuild.ts'
import { registerSecrets } from './secrets.ts'
import { registerServe } from './serve.ts'
import { registerUncapture } from './uncapture.ts'
import { registerVdate } from './vdate.ts'

/** Every command, in the order of --help. */
export const commands: readonly Register[] = [
  registerServe,
  registerMigrate,
  registerCapture,
  registerRebuild,
  registerUncapture,
  registerClient,
  registerJobs,
  registerPrune,
  registerChanges,
  registerSecrets,
  registerLoad,
  registerCalendar,
  registerVdate,
  registerOptions,
  registerBatch,
  registerListen,
  registerDemo,
]
