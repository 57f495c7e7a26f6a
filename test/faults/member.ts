import { setTimeout as delay } from 'node:timers/promises'
import { startService, type Service } from '../support/index.ts'

/** One process of the service, that can be killed, frozen and started again. */
export class Member {
  readonly name: string
  /** Ends that nobody asked for, with what the process said. */
  readonly crashes: string[] = []
  readonly #role: 'api' | 'engine'
  readonly #env: Readonly<Record<string, string>>
  #service: Service | undefined
  #asked = false
  #frozen = false

  constructor(name: string, role: 'api' | 'engine', env: Readonly<Record<string, string>>) {
    this.name = name
    this.#role = role
    this.#env = env
  }

  get isUp(): boolean {
    return this.#service !== undefined
  }

  get isFrozen(): boolean {
    return this.#frozen
  }

  /** Starts it if it is not running; again and again while the database is away. */
  async start(deadlineMs = 30_000): Promise<void> {
    if (this.#service) return
    for (const deadline = performance.now() + deadlineMs; ;) {
      const service = startService({ args: ['serve', '--role', this.#role], env: this.#env })
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
