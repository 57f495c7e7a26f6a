import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startService, type Service } from '../support/index.ts'

const LAUNCHER = fileURLToPath(new URL('../../src/sincewire.js', import.meta.url))

export interface MemberOptions {
  readonly role: 'all' | 'api' | 'engine'
  readonly env: Readonly<Record<string, string>>
  /** What starts it in surroundings of its own: a program and its first arguments. */
  readonly within: readonly string[]
  /** Of another release; default: this one. */
  readonly launcher?: string | undefined
}

/** One process of the service, that can be killed, frozen and started again. */
export class Member {
  readonly name: string
  /** Ends that nobody asked for, with what the process said. */
  readonly crashes: string[] = []
  readonly #options: MemberOptions
  #launcher: string
  #service: Service | undefined
  #asked = false
  #frozen = false

  constructor(name: string, options: MemberOptions) {
    this.name = name
    this.#options = options
    this.#launcher = options.launcher ?? LAUNCHER
  }

  get isUp(): boolean {
    return this.#service !== undefined
  }

  get pid(): number | undefined {
    return this.#service?.pid
  }

  get isFrozen(): boolean {
    return this.#frozen
  }

  /** Starts it if it is not running; again and again while the database is away. */
  async start(deadlineMs = 30_000): Promise<void> {
    if (this.#service) return
    const { role, env, within } = this.#options
    const [program, ...first] = [...within, process.execPath, this.#launcher]
    for (const deadline = performance.now() + deadlineMs; ;) {
      const service = startService({ args: ['serve', '--role', role], env, command: [program, ...first] })
      try {
        await service.ready
        this.#watch(service)
        return
      } catch (error) {
        if (performance.now() > deadline) throw error
        await delay(100)
      }
    }
  }

  async kill(): Promise<void> {
    const service = this.#end()
    service?.kill('SIGKILL')
    await service?.ended
  }

  /** It will end by itself for a good reason; resolves when it has. */
  async endsByItself(): Promise<void> {
    await this.#end()?.ended
  }

  /** From its next start on it is of this release. */
  upgrade(): void {
    this.#launcher = LAUNCHER
  }

  async stop(): Promise<void> {
    this.resume()
    await this.#end()?.stop()
  }

  freeze(): void {
    this.#frozen = this.isUp
    this.#service?.kill('SIGSTOP')
  }

  resume(): void {
    this.#frozen = false
    this.#service?.kill('SIGCONT')
  }

  #end(): Service | undefined {
    const service = this.#service
    this.#asked = true
    this.#service = undefined
    this.#frozen = false
    return service
  }

  #watch(service: Service): void {
    this.#service = service
    this.#asked = false
    void service.ended.then(({ code, signal, stdout, stderr }) => {
      if (this.#asked || this.#service !== service) return
      this.#service = undefined
      this.crashes.push(`${this.name} ended with ${code ?? signal}: ${stderr || stdout.slice(-2000)}`)
    })
  }
}
