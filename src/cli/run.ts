import { Command, CommanderError } from 'commander'
import { SincewireError } from '../domain/errors.ts'
import { version } from '../version.ts'
import { UsageError } from './command.ts'
import { createContext } from './context.ts'
import { commands } from './index.ts'

export interface RunOptions {
  /** Without the interpreter and the script. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
}

/** Runs one command line and returns its exit code: 0 done, 1 refused or failed, 2 not understood. */
export async function run({ args, env, signal }: RunOptions): Promise<0 | 1 | 2> {
  const program = new Command('sincewire')
    .description('Publishes what changed in PostgreSQL to other systems over HTTP, and never loses a change.')
    .version(version)
    .option('--config <file>', 'a YAML file with settings that differ from config/default.yaml')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(--help says more)')
    .exitOverride()
  const configFile = () => program.opts<{ config?: string }>().config
  const context = createContext({ env, configFile, signal })
  for (const register of commands) register(program, context)
  try {
    await program.parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    return report(error)
  }
}

function report(error: unknown): 0 | 1 | 2 {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2 // it has told its own story
  if (error instanceof UsageError) {
    tell(`error: ${error.message}\n(--help says more)`)
    return 2
  }
  if (error instanceof SincewireError) tell(sentences(error))
  else tell(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return 1
}

/** The message, and for a refusal of several things each of them. */
function sentences({ message, fields, business }: SincewireError): string {
  return [
    message,
    ...fields.map(
      ({ field, error, inputValue }) => `  ${field} ${error}${inputValue === null ? '' : `: ${inputValue}`}`,
    ),
    ...business.map((refusal) =>
      typeof refusal === 'string' ? `  ${refusal}` : `  ${refusal.service}: ${refusal.errorMessage}`,
    ),
  ].join('\n')
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`)
}
