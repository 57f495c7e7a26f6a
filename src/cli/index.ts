import type { Register } from './command.ts'
import { registerListen } from './listen.ts'
import { registerMigrate } from './migrate.ts'
import { registerServe } from './serve.ts'

/** Every command, in the order of --help. */
export const commands: readonly Register[] = [registerServe, registerMigrate, registerListen]
