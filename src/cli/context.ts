import { randomUUID } from 'node:crypto'
import { userInfo } from 'node:os'
import cliProgress from 'cli-progress'
import { loadConfig, type Config } from '../config.ts'
import { openDatabase, type OpenDatabase } from '../database.ts'
import type { Changer } from '../domain/change.ts'
import { createLog, type Log } from '../log.ts'
import { asChanger } from '../services/changes/index.ts'
import type { CommandContext, Progress } from './command.ts'

export interface ContextSources {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The file that --config names. Asked when settings are read. */
  readonly configFile: () => string | undefined
  readonly signal: AbortSignal
}

/** The context of a command line in this process. */
export function createContext({ env, configFile, signal }: ContextSources): CommandContext {
  const config = (overrides: Readonly<Record<string, unknown>> = {}): Config => {
    const file = configFile() ?? env['SINCEWIRE_CONFIG']
    return loadConfig({ files: file === undefined ? [] : [file], env, overrides })
  }
  const log = ({ logLevel }: Config): Log =>
    createLog(logLevel === 'info' ? 'warn' : logLevel, process.stderr)
  return {
    config,
    log,
    signal,
    print: (line) => void process.stdout.write(`${line}\n`),
    progress,
    async withDatabase<T>(work: (database: OpenDatabase, config: Config) => Promise<T>): Promise<T> {
      const settings = config()
      const database = await openDatabase(settings, log(settings), true)
      try {
        return await asChanger(operator(), () => work(database, settings))
      } finally {
        await database.close()
      }
    },
  }
}

/** Whoever the operating system says it is. */
function operator(): Changer {
  return { actor: userName(), role: null, via: 'commandLine', address: null, correlationId: randomUUID() }
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}` // the system has no name for it, as in many containers
  }
}

function progress(title: string): Progress {
  if (!process.stderr.isTTY) return { update: () => {}, stop: () => {} }
  const format = `${title} {bar} {percentage}% | {value} of {total} | {eta_formatted} left`
  const bar = new cliProgress.SingleBar(
    { format, hideCursor: true, clearOnComplete: true },
    cliProgress.Presets.shades_classic,
  )
  let started = false
  return {
    update(done, total) {
      if (!started) bar.start(total, done)
      started = true
      bar.setTotal(total)
      bar.update(done)
    },
    stop: () => bar.stop(),
  }
}
