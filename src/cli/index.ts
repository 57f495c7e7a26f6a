import { registerCapture } from './capture.ts'
import type { Register } from './command.ts'
import { registerDemo } from './demo.ts'
import { registerListen } from './listen.ts'
import { registerMigrate } from './migrate.ts'
import { registerRebuild } from './rebuild.ts'
import { registerServe } from './serve.ts'
import { registerUncapture } from './uncapture.ts'

/** Every command, in the order of --help. */
export const commands: readonly Register[] = [
  registerServe,
  registerMigrate,
  registerCapture,
  registerRebuild,
  registerUncapture,
  registerListen,
  registerDemo,
]
