import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { removeDataFolder, startEmbedded } from '../../src/db/embedded/index.ts'
import { migrate } from '../../src/db/migrate.ts'
import { openPool, type Pool } from '../../src/db/pool.ts'
import { createLog } from '../../src/log.ts'
import { ADMIN_KEY } from '../support/access.ts'

/** A PostgreSQL as the service starts it (fsync on), empty but for our schema, for one benchmark. */
export interface Place extends AsyncDisposable {
  readonly url: string
  readonly dataDir: string
  readonly pool: Pool
}

export async function openPlace(): Promise<Place> {
  const dataDir = mkdtempSync(join(tmpdir(), 'sincewire-bench-'))
  const server = await startEmbedded({ dataDir, log: createLog('silent') })
  const pool = openPool({ url: server.url, max: 4, applicationName: 'bench' })
  await migrate(pool.db)
  return {
    ...{ url: server.url, dataDir, pool },
    async [Symbol.asyncDispose]() {
      await pool.close()
      await server.stop()
      removeDataFolder(dataDir)
    },
  }
}

const launcher = fileURLToPath(new URL('../../src/sincewire.js', import.meta.url))

/** The service in a process of its own on that database; resolves with its URL. */
export async function serve(place: Place): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const child = spawn(process.execPath, [launcher, 'serve'], {
    env: {
      ...{
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        SINCEWIRE_PORT: '0',
        SINCEWIRE_ADMIN_KEY: ADMIN_KEY,
        DATABASE_URL: place.url,
      },
      ...{ SINCEWIRE_DATA_DIR: join(place.dataDir, 'service'), SINCEWIRE_TARGETS_ALLOW_HTTP: '127.0.0.1' },
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await firstLine(child, (line) => {
    const entry = JSON.parse(line) as { msg: string; url?: string }
    return entry.msg === 'Sincewire is ready' ? entry.url : undefined
  })
  return { url, stop: () => end(child) }
}

/** A module of this folder in a process of its own; resolves with the first line it prints. */
export async function run(
  module: string,
  args: readonly string[] = [],
): Promise<{ readonly line: string; stop(): Promise<void> }> {
  const path = fileURLToPath(new URL(module, import.meta.url))
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  return { line: await firstLine(child, (line) => line), stop: () => end(child) }
}

async function firstLine<T>(child: ChildProcess, pick: (line: string) => T | undefined): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  createInterface({ input: child.stdout! }).on('line', (line) => {
    const picked = pick(line)
    if (picked !== undefined) resolve(picked)
  })
  child.once('exit', (code) => reject(new Error(`ended with ${code} before it was ready`)))
  return promise
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

export function median(values: readonly number[]): number {
  return percentile(values, 50)
}

export function percentile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))]!
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
