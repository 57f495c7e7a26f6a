import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** How other processes of ours reach the server that runs on a data folder. */
export interface RunInfo {
  readonly pid: number
  /** With the password: the file has mode 600. */
  readonly databaseUrl: string
}

/** Tells it. Written whole or not at all. */
export function writeRunInfo(dataDir: string, info: RunInfo): void {
  const temporary = join(dataDir, `run.json.${process.pid}`)
  writeFileSync(temporary, `${JSON.stringify(info)}\n`, { mode: 0o600 })
  renameSync(temporary, join(dataDir, 'run.json'))
}

/** Reads it; undefined when nobody has told, or it is not ours to read. Stale unless the folder is locked. */
export function readRunInfo(dataDir: string): RunInfo | undefined {
  try {
    return JSON.parse(readFileSync(join(dataDir, 'run.json'), 'utf8')) as RunInfo
  } catch {
    return undefined
  }
}

/** Takes it back. */
export function removeRunInfo(dataDir: string): void {
  rmSync(join(dataDir, 'run.json'), { force: true })
}
