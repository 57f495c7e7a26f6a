import { readRunInfo } from '../../src/db/embedded/run-info.ts'
import { eventually } from '../support/eventually.ts'
import { isAlive } from '../support/process.ts'
import type { Member } from './member.ts'
import { runSql, type Server } from './postgres.ts'
import { childrenOf, commandOf, killTree } from './tree.ts'

/** The PostgreSQL that the service itself starts and watches over: it comes and goes with its process. */
export class Embedded implements Server {
  readonly #dataDir: string
  readonly #service: Member

  constructor(dataDir: string, service: Member) {
    this.#dataDir = dataDir
    this.#service = service
  }

  get isUp(): boolean {
    return this.#postmaster !== undefined
  }

  get port(): number {
    return Number(this.#url.port)
  }

  url(database: string, port = this.port): string {
    return Object.assign(this.#url, { port, pathname: database }).href
  }

  run(database: string, text: string): Promise<Record<string, unknown>[]> {
    return runSql(this.url(database), text)
  }

  start(): Promise<void> {
    return this.#service.start()
  }

  /** The service cannot go on without it and ends. */
  async kill(): Promise<void> {
    const pid = this.#postmaster
    if (pid === undefined) return
    const ended = this.#service.endsByItself()
    killTree(pid, 'SIGCONT')
    process.kill(pid, 'SIGKILL')
    await ended
    await eventually(() => !isAlive(pid))
  }

  freeze(): void {
    if (this.#postmaster !== undefined) killTree(this.#postmaster, 'SIGSTOP')
  }

  resume(): void {
    if (this.#postmaster !== undefined) killTree(this.#postmaster, 'SIGCONT')
  }

  stop(): Promise<void> {
    return this.#service.stop()
  }

  get #url(): URL {
    const info = readRunInfo(this.#dataDir)
    if (!info) throw new Error('the embedded PostgreSQL does not run')
    return new URL(info.databaseUrl)
  }

  get #postmaster(): number | undefined {
    const { pid } = this.#service
    return pid === undefined ? undefined : childrenOf(pid).find((child) => commandOf(child) === 'postgres')
  }
}
