import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, chownSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { chooseLauncher, commandFor, type Launcher } from '../../src/db/embedded/account.ts'
import { findBinaries, type Binaries } from '../../src/db/embedded/binaries.ts'
import { openCluster } from '../../src/db/embedded/cluster.ts'
import { openDataFolder, openHome, openReachableRoot } from '../../src/db/embedded/folder.ts'
import { stopLeftover } from '../../src/db/embedded/postmaster.ts'
import { killTree } from './tree.ts'

/** A PostgreSQL that can be killed and started again. */
export interface Server {
  readonly port: number
  readonly isUp: boolean
  /** Of the superuser, by another port if it is reached through a proxy. */
  url(database: string, port?: number): string
  /** Runs SQL as the superuser, whatever the server's defaults have become. */
  run(database: string, text: string): Promise<Record<string, unknown>[]>
  /** Tries until it runs. */
  start(): Promise<void>
  /** kill -9 of the postmaster; resolves when all its children have followed. */
  kill(): Promise<void>
  /** SIGSTOP of all its processes, SIGCONT. */
  freeze(): void
  resume(): void
  stop(): Promise<void>
}

/**
 * A PostgreSQL that can be killed and started again, on the programs that the service brings. fsync is off: what a
 * killed process has written survives in the machine's memory. What it has not written (positions of listeners are
 * saved without waiting for the disk) is lost, as in a real crash.
 */
export class Postgres implements Server {
  readonly home: string
  readonly #launcher: Launcher
  readonly #binaries: Binaries
  readonly #data: string
  readonly #password: string
  readonly #settings: Readonly<Record<string, string>>
  readonly #env: Readonly<Record<string, string>>
  #running: { readonly port: number; readonly pid: number; readonly ended: Promise<string> } | undefined

  private constructor(
    folder: string,
    settings: Readonly<Record<string, string>>,
    env: Readonly<Record<string, string>>,
    password?: string,
  ) {
    const dataDir = openDataFolder(folder)
    this.#launcher = chooseLauncher(undefined)
    this.home = openHome(dataDir, this.#launcher).home
    this.#binaries = findBinaries(this.#launcher, process.env['PG_BIN'], () =>
      this.#launcher.account ? openReachableRoot() : dataDir,
    )
    this.#data = join(this.home, 'data')
    this.#settings = settings
    this.#env = env
    this.#password = password ?? openCluster(dataDir, this.home, this.#binaries, this.#launcher).password
  }

  /** Makes a cluster in that folder; not started yet. */
  static make(
    folder: string,
    settings: Readonly<Record<string, string>> = {},
    env: Readonly<Record<string, string>> = {},
  ): Postgres {
    return new Postgres(folder, settings, env)
  }

  get port(): number {
    return this.#server.port
  }

  get pid(): number {
    return this.#server.pid
  }

  get isUp(): boolean {
    return this.#running !== undefined
  }

  url(database: string, port = this.port): string {
    return `postgresql://postgres:${this.#password}@127.0.0.1:${port}/${database}`
  }

  /** Tries until it runs: what a killed server leaves behind goes in seconds. */
  async start(deadlineMs = 30_000): Promise<void> {
    for (const deadline = performance.now() + deadlineMs; ;) {
      await stopLeftover(this.#data)
      const words = await this.#spawn()
      if (words === undefined) return
      if (performance.now() > deadline) throw new Error(`PostgreSQL did not start:\n${words}`)
      await delay(100)
    }
  }

  async kill(): Promise<void> {
    const { pid, ended } = this.#server
    killTree(pid, 'SIGCONT')
    process.kill(pid, 'SIGKILL')
    await ended
  }

  freeze(): void {
    killTree(this.#server.pid, 'SIGSTOP')
  }

  resume(): void {
    if (this.#running) killTree(this.#running.pid, 'SIGCONT')
  }

  async stop(): Promise<void> {
    if (!this.#running) return
    this.resume()
    process.kill(this.#running.pid, 'SIGINT')
    await this.#running.ended
  }

  run(database: string, text: string): Promise<Record<string, unknown>[]> {
    return runSql(this.url(database), text)
  }

  /** A streaming replica from a copy of the files of this one, which must be stopped. Starts neither. */
  copy(folder: string): Postgres {
    if (this.isUp) throw new Error('copy a stopped server')
    const replica = new Postgres(folder, this.#settings, this.#env, this.#password)
    execFileSync('cp', ['-a', this.#data, join(replica.home, 'data')])
    return replica
  }

  /** Makes a copy follow the primary on that port from its next start on. */
  follow(primaryPort: number): void {
    const primary = `host=127.0.0.1 port=${primaryPort} user=postgres password=${this.#password} application_name=replica`
    appendFileSync(join(this.#data, 'postgresql.auto.conf'), `primary_conninfo = '${primary}'\n`)
    const signal = join(this.#data, 'standby.signal')
    writeFileSync(signal, '')
    const { account } = this.#launcher
    if (account) chownSync(signal, account.uid, account.gid)
  }

  get #server() {
    return this.#running ?? fail('PostgreSQL is not running')
  }

  /** Resolves with nothing when it accepts connections, with its words when it ended instead. */
  async #spawn(): Promise<string | undefined> {
    const port = await freePort()
    const settings = { ...BASE, unix_socket_directories: '', ...this.#settings, port: String(port) }
    const flags = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])
    // By env, so that they are not those of what drops root's rights first.
    const variables = Object.entries(this.#env).map(([key, value]) => `${key}=${value}`)
    const command = [...variables, join(this.#binaries.bin, 'postgres'), '-D', this.#data, ...flags]
    const { file, args, options } = commandFor(this.#launcher, true, '/usr/bin/env', command)
    const child = spawn(file, args, { ...options, detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
    const words: string[] = []
    const accepting = Promise.withResolvers<true>()
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (/ready to accept (read-only )?connections/.test(line)) accepting.resolve(true)
      words.push(line)
      if (words.length > 30) words.shift()
    })
    const ended = once(child, 'close').then(() => {
      this.#running = undefined
      return words.join('\n')
    })
    this.#running = { port, pid: child.pid!, ended }
    const first = await Promise.race([accepting.promise, ended])
    return first === true ? undefined : first
  }
}

const BASE = {
  listen_addresses: '127.0.0.1',
  fsync: 'off',
  deadlock_timeout: '50ms', // the writers run into each other on purpose
  max_connections: '200',
  shared_buffers: '64MB',
  log_error_verbosity: 'terse',
  log_line_prefix: '',
}

/** Runs SQL on a connection of its own, whatever the server's defaults have become. */
export async function runSql(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({
    connectionString: url,
    options: '-c default_transaction_read_only=off -c statement_timeout=0 -c synchronous_commit=local',
  })
  client.on('error', () => {})
  await client.connect()
  try {
    const result = await client.query(text)
    return (Array.isArray(result) ? result.at(-1) : result).rows
  } finally {
    await client.end().catch(() => {})
  }
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

function fail(message: string): never {
  throw new Error(message)
}
