import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { once } from 'node:events'
import { PLAIN, type Door } from '../door.ts'

const NAME = 'hooks.sincewire.test'
const HOMES = ['127.0.0.1', '127.0.0.2'] as const
/** On nobody's list. */
const FORBIDDEN = '127.0.0.3'

/** Runs a command with another file in the place of /etc/hosts, for itself alone. */
const WITH_HOSTS = [
  '/usr/bin/unshare',
  '--mount',
  '/bin/sh',
  '-c',
  'mount --bind "$0" /etc/hosts && exec "$@"',
]

/** Receivers that are called by a name, which leads where we say: the service has a hosts file of its own. */
export class NamesDoor implements Door {
  readonly server = PLAIN.server
  readonly admits = PLAIN.admits
  readonly credential = PLAIN.credential
  readonly env = { SINCEWIRE_TARGETS_ALLOW_HTTP: [NAME, ...HOMES].join(',') }
  readonly within: readonly string[]
  /** Calls to where they must never go. */
  trapped = 0
  readonly #hosts: string
  readonly #traps: Server[] = []
  #home = 0

  constructor(folder: string) {
    this.#hosts = join(folder, 'hosts')
    this.within = [...WITH_HOSTS, this.#hosts]
    this.#lead(this.address)
  }

  /** Why it cannot be opened here. */
  static impossible(): string | undefined {
    try {
      execFileSync('/usr/bin/unshare', ['--mount', '/bin/mount', '--bind', '/etc/hostname', '/etc/hosts'], {
        stdio: 'pipe',
      })
      return undefined
    } catch {
      return 'it needs Linux and root, to give the service a hosts file of its own'
    }
  }

  get address(): string {
    return HOMES[this.#home % HOMES.length]!
  }

  origin(port: number): string {
    return `http://${NAME}:${port}`
  }

  /** Receivers that open from now on do so elsewhere, and the name says so. */
  move(): void {
    this.#home += 1
    this.#lead(this.address)
  }

  /** The name is gone. */
  forget(): void {
    this.#lead()
  }

  /** The name leads to an address that must not be called, where somebody listens on those ports. */
  async leadAstray(ports: readonly number[]): Promise<void> {
    for (const port of this.#traps.length > 0 ? [] : ports) {
      const trap = createServer((socket) => {
        this.trapped += 1
        socket.destroy()
      })
      trap.listen(port, FORBIDDEN)
      await once(trap, 'listening')
      this.#traps.push(trap)
    }
    this.#lead(FORBIDDEN)
  }

  /** The name leads to where the receivers are, and perhaps to where they are not as well. */
  async leadHome(alsoElsewhere = false): Promise<void> {
    this.#lead(...(alsoElsewhere ? HOMES : [this.address]))
    await Promise.all(this.#traps.splice(0).map(async (trap) => once(trap.close(), 'close')))
  }

  /** In one write: whoever reads meanwhile finds the old lines, the new ones, or no name for a moment. */
  #lead(...addresses: readonly string[]): void {
    writeFileSync(
      this.#hosts,
      ['127.0.0.1 localhost', ...addresses.map((a) => `${a} ${NAME}`), ''].join('\n'),
    )
  }
}
