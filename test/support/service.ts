import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { ADMIN_KEY } from './access.ts'
import { cleanUp } from './cleanUp.ts'

const launcher = fileURLToPath(new URL('../../src/sincewire.js', import.meta.url))

/** Ends the child with the test's process, should that not come to its clean-up (vitest's -t, a kill). */
const tied = existsSync('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', 'KILL'] : []

export interface ServiceOptions {
  /** SINCEWIRE_* and DATABASE_URL; the port is a free one and the admin key the tests' unless said otherwise. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Default: serve. */
  readonly args?: readonly string[]
  readonly cwd?: string
  /** As another user (root only). */
  readonly uid?: number
  readonly gid?: number
  /** Another command than our launcher under this Node: program and first arguments. */
  readonly command?: readonly [string, ...string[]]
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Service {
  readonly pid: number
  /** The log so far, a line each. */
  readonly lines: Record<string, unknown>[]
  /** What it has printed on stdout so far. */
  printed(): string
  /** What it has said on stderr so far. */
  errors(): string
  /** Resolves with the API's URL; rejects when the process ends first, with what it said. */
  readonly ready: Promise<string>
  readonly ended: Promise<Ended>
  kill(signal: NodeJS.Signals): void
  /** SIGTERM, then the end. */
  stop(): Promise<Ended>
}

/** The real thing in a process of its own. Killed after the test, describe or file it was called in. */
export function startService(options: ServiceOptions = {}): Service {
  const [program, ...first] = [...tied, ...(options.command ?? [process.execPath, launcher])] as [
    string,
    ...string[],
  ]
  const child = spawn(program, [...first, ...(options.args ?? ['serve'])], {
    cwd: options.cwd ?? '/',
    env: {
      ...{ PATH: process.env['PATH'], HOME: process.env['HOME'] },
      ...{ SINCEWIRE_PORT: '0', SINCEWIRE_ADMIN_KEY: ADMIN_KEY, ...options.env },
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.uid !== undefined && { uid: options.uid }),
    ...(options.gid !== undefined && { gid: options.gid }),
  })
  const lines: Record<string, unknown>[] = []
  const output = { stdout: '', stderr: '' }
  const ready = Promise.withResolvers<string>()
  ready.promise.catch(() => {}) // whoever wants it awaits it
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()))
  createInterface({ input: child.stdout }).on('line', (text) => {
    output.stdout += `${text}\n`
    if (!text.startsWith('{')) return
    const line = JSON.parse(text) as Record<string, unknown>
    lines.push(line)
    if (line['msg'] === 'Sincewire is ready') ready.resolve(String(line['url']))
  })
  const ended = (async (): Promise<Ended> => {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
    ready.reject(new Error(`the service ended with ${code ?? signal}: ${output.stderr || output.stdout}`))
    return { code, signal, ...output }
  })()
  cleanUp(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const stop = () => {
    child.kill('SIGTERM')
    return ended
  }
  return {
    pid: child.pid!,
    lines,
    printed: () => output.stdout,
    errors: () => output.stderr,
    ready: ready.promise,
    ended,
    kill: (signal) => void child.kill(signal),
    stop,
  }
}

/** Runs one command line to its end. */
export function runCommand(
  args: readonly string[],
  options: Omit<ServiceOptions, 'args'> = {},
): Promise<Ended> {
  return startService({ ...options, args }).ended
}
