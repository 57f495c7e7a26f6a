import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readlinkSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { commandFor, type Launcher } from './account.ts'

/** A running postgres. */
export interface Postmaster {
  readonly port: number
  /** Resolves when it has ended, for whatever reason, with its last words. */
  readonly ended: Promise<string>
  /** Fast shutdown: open transactions are rolled back, files are clean. */
  stop(): Promise<void>
}

/** What became of one attempt to start it. */
export type Attempt = { readonly ready: Postmaster } | { readonly failed: string }

const SHUTDOWN_DEADLINE_MS = 20_000

/** Spawns postgres once and waits until it accepts connections or ends. */
export async function spawnPostmaster(
  launcher: Launcher,
  program: string,
  data: string,
  settings: Readonly<Record<string, string>>,
  onLine: (line: string) => void,
): Promise<Attempt> {
  const port = await freePort()
  const flags = Object.entries({ ...settings, port: String(port) }).flatMap(([key, value]) => [
    '-c',
    `${key}=${value}`,
  ])
  const { file, args, options } = commandFor(launcher, true, program, ['-D', data, ...flags])
  // A group of its own: Ctrl-C on a terminal is for us, who stop it last, when everybody has let go of it.
  const child = spawn(file, args, { ...options, detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
  const words: string[] = []
  const ended = endOf(child, words)
  const accepting = new Promise<'ready'>((resolve) => {
    if (!child.stderr) return
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (line.includes('ready to accept connections')) resolve('ready')
      words.push(line)
      if (words.length > 20) words.shift()
      onLine(line)
    })
  })
  const first = await Promise.race([accepting, ended])
  if (first !== 'ready') return { failed: first }
  return { ready: { port, ended, stop: () => shutDown(child, ended) } }
}

async function endOf(child: ChildProcess, words: string[]): Promise<string> {
  try {
    await once(child, 'close') // after 'exit' and the last line of stderr
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return words.join('\n')
}

async function shutDown(child: ChildProcess, ended: Promise<string>): Promise<void> {
  child.kill('SIGINT')
  const patience = setTimeout(() => child.kill('SIGQUIT'), SHUTDOWN_DEADLINE_MS)
  await ended
  clearTimeout(patience)
}

/**
 * Ends the server that an earlier process of ours left on this cluster: killed without setpriv, or still on its
 * way down. The caller holds the folder's lock, so nobody is using it.
 */
export async function stopLeftover(data: string): Promise<void> {
  const deadline = performance.now() + SHUTDOWN_DEADLINE_MS
  for (let asked = false; ; asked = true) {
    const pid = leftoverPid(data)
    if (pid === undefined) return
    const late = performance.now() > deadline
    if (!asked || late) process.kill(pid, late ? 'SIGQUIT' : 'SIGINT')
    await delay(50)
  }
}

/** The process id in postmaster.pid, if that process lives and is the postgres of this cluster. */
function leftoverPid(data: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(join(data, 'postmaster.pid'), 'utf8'), 10)
    // postgres works in its data directory; anything else took over the number of a dead one
    return pid > 1 && readlinkSync(`/proc/${pid}/cwd`) === data ? pid : undefined
  } catch {
    return undefined // no such file, no such process, or a system without /proc: postgres decides by itself
  }
}

/** A port that is free now; somebody may be faster, so the caller tries again. */
async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
