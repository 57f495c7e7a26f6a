import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { unusable } from '../../domain/errors.ts'
import type { Log } from '../../log.ts'
import { chooseLauncher, type Launcher } from './account.ts'
import { findBinaries } from './binaries.ts'
import { openCluster } from './cluster.ts'
import { clusterOwner, openDataFolder, openHome, openReachableRoot } from './folder.ts'
import { lockFolder } from './lock.ts'
import { spawnPostmaster, stopLeftover, type Postmaster } from './postmaster.ts'
import { readRunInfo, removeRunInfo, writeRunInfo } from './run-info.ts'

export interface EmbeddedOptions {
  /** Made if needed. */
  readonly dataDir: string
  readonly log: Log
  /** Server settings on top of ours, e.g. throwAwaySettings. */
  readonly settings?: Readonly<Record<string, string>>
  /** Folder of another PostgreSQL's programs. */
  readonly binDir?: string | undefined
  /** The setpriv program; null does without, as on a system that has none. */
  readonly setpriv?: string | null
}

export interface Embedded {
  /** For the superuser, with the password; database sincewire. */
  readonly url: string
  /** Resolves with the server's last words when it ends, asked or not. */
  readonly ended: Promise<string>
  /** Fast shutdown, then the folder is free for others. Safe to call twice. */
  stop(): Promise<void>
}

/** For data that nobody would miss: several times faster, and lost with the machine. */
export const throwAwaySettings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } as const

const DATABASE = 'sincewire'
const START_DEADLINE_MS = 30_000

/**
 * Starts a real PostgreSQL on a data folder: no installation, one process tree below ours that ends with us,
 * even by kill -9 (where the system has setpriv; elsewhere the next start ends what was left).
 * Throws `unusable` with one sentence when the folder or the programs cannot be used.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const dataDir = openDataFolder(options.dataDir)
  const lock = lockFolder(dataDir)
  if (!lock) {
    const holder = readRunInfo(dataDir)
    throw unusable(
      `Another Sincewire${holder ? ` (process ${holder.pid})` : ''} is using the data folder ${dataDir}.`,
    )
  }
  try {
    removeRunInfo(dataDir)
    const { postmaster, password } = await startServer(dataDir, options)
    const url = (database: string) =>
      `postgresql://postgres:${password}@127.0.0.1:${postmaster.port}/${database}`
    await ensureDatabase(url('postgres'))
    writeRunInfo(dataDir, { pid: process.pid, databaseUrl: url(DATABASE) })
    const stop = async () => {
      removeRunInfo(dataDir)
      await postmaster.stop()
      lock.release()
    }
    let stopping: Promise<void> | undefined
    return { url: url(DATABASE), ended: postmaster.ended, stop: () => (stopping ??= stop()) }
  } catch (error) {
    lock.release()
    throw error
  }
}

async function startServer(
  dataDir: string,
  options: EmbeddedOptions,
): Promise<{ postmaster: Postmaster; password: string }> {
  const setpriv = options.setpriv
  const owner = clusterOwner(dataDir)
  const launcher: Launcher =
    setpriv === null ? { ...chooseLauncher(owner), setpriv: undefined } : chooseLauncher(owner, setpriv)
  const { home, moved } = openHome(dataDir, launcher)
  if (moved) {
    options.log.info(
      { dataDir, cluster: moved },
      `${launcher.account?.name} cannot reach the data folder: the cluster is kept elsewhere`,
    )
  }
  const binaries = findBinaries(launcher, options.binDir, () =>
    launcher.account ? openReachableRoot() : dataDir,
  )
  const { data, password } = openCluster(dataDir, home, binaries, launcher)
  const program = join(binaries.bin, 'postgres')
  const settings = { ...baseSettings(home), ...options.settings }
  const postmaster = await retryStart(
    () => spawnPostmaster(launcher, program, data, settings, (line) => tell(options.log, line)),
    data,
  )
  return { postmaster, password }
}

/** Tries until it runs: what a killed server leaves behind (its pid file, shared memory, backends) goes in seconds. */
async function retryStart(
  spawn: () => ReturnType<typeof spawnPostmaster>,
  data: string,
): Promise<Postmaster> {
  const deadline = performance.now() + START_DEADLINE_MS
  for (;;) {
    await stopLeftover(data)
    const attempt = await spawn()
    if ('ready' in attempt) return attempt.ready
    const passing =
      /lock file .* already exists|shared memory block|could not bind|Address already in use/.test(
        attempt.failed,
      )
    if (!passing || performance.now() > deadline) {
      const reason =
        attempt.failed.split('\n').find((line) => /FATAL|PANIC|error/i.test(line)) ?? attempt.failed
      throw unusable(
        `PostgreSQL did not start: ${reason.replace(/^.*?(FATAL|PANIC): +/, '') || 'it ended without a word'}.`,
      )
    }
    await delay(200)
  }
}

function baseSettings(home: string): Record<string, string> {
  return {
    listen_addresses: '127.0.0.1',
    // A socket's path ends at 107 bytes; without one, 127.0.0.1 does.
    unix_socket_directories: home.length < 85 ? home : '',
    shared_buffers: '128MB',
    max_connections: '100',
    max_prepared_transactions: '0',
    // Our own log reports failed queries; the server's lines must not repeat the data in them.
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
    log_line_prefix: '',
  }
}

function tell(log: Log, line: string): void {
  if (/^(PANIC|FATAL|WARNING):/.test(line)) log.warn({ part: 'postgres' }, line)
  else log.debug({ part: 'postgres' }, line)
}

async function ensureDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE])
    if (rowCount === 0) await client.query(`create database ${DATABASE}`)
  } finally {
    await client.end()
  }
}
