import type { Command } from 'commander'
import type { Config } from '../config.ts'
import type { OpenDatabase } from '../database.ts'
import type { Log } from '../log.ts'

/**
 * How a command joins the command line. One file per command, named for it: src/cli/capture.ts exports
 * `registerCapture`, listed in src/cli/index.ts.
 *
 *   export const registerCapture: Register = (program, context) => {
 *     program
 *       .command('capture')
 *       .summary('publish an existing table as a service')
 *       .requiredOption('--service <name>', 'the name of the service, e.g. bench/account')
 *       .action((options: { service: string }) =>
 *         context.withDatabase(async ({ engineDb }) => {
 *           context.print(`captured ${await capture(engineDb, options)}`)
 *         }),
 *       )
 *   }
 *
 * What the caller sees, the same for all commands: the result on stdout, logs and progress on stderr; exit code 0
 * when done, 1 when refused or failed (throw a SincewireError: its message is the one sentence shown), 2 when the
 * command line itself is wrong (commander says so; for what it cannot check, throw `usage('...')`).
 */
export type Register = (program: Command, context: CommandContext) => void

/** What commands are given. Nothing is read or opened before it is asked for, so --help always works. */
export interface CommandContext {
  /** The settings. `overrides`: by dotted key, what this command insists on. */
  config(overrides?: Readonly<Record<string, unknown>>): Config
  /** For a command: on stderr, warnings and worse unless a level is set. */
  log(config: Config): Log
  /**
   * Opens the database that the settings name, migrated, for the time of `work`: DATABASE_URL, or the embedded
   * server, shared with a running service or else started here.
   */
  withDatabase<T>(work: (database: OpenDatabase, config: Config) => Promise<T>): Promise<T>
  /** One line on stdout. */
  print(line: string): void
  /** A progress bar on stderr; shows nothing unless that is a terminal. */
  progress(title: string): Progress
  /** Aborted by the first SIGINT or SIGTERM; the second one ends the process at once. */
  readonly signal: AbortSignal
}

export interface Progress {
  /** `total` may still grow. */
  update(done: number, total: number): void
  stop(): void
}

/** A command line that asks for what cannot be: shown with a pointer to --help, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export function usage(message: string): UsageError {
  return new UsageError(message)
}
