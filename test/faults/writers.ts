import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { dice, transaction } from '../e2e/workload.ts'

/** Writers on the captured tables that go on whatever happens to the database, until told to stop. */
export class Writers {
  committed = 0
  readonly #stop = new AbortController()
  readonly #running: Promise<void>[]

  constructor(url: () => string, count: number, seed: number) {
    this.#running = Array.from({ length: count }, (_, i) => this.#write(url, seed * 1000 + i))
  }

  /** Resolves when the last transaction has ended. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#running)
  }

  async #write(url: () => string, seed: number): Promise<void> {
    const { signal } = this.#stop
    const random = dice(seed)
    while (!signal.aborted) {
      let client: pg.Client | undefined
      try {
        client = new pg.Client({ connectionString: url(), connectionTimeoutMillis: 3000 })
        client.on('error', () => {})
        await client.connect()
        while (!signal.aborted) this.committed += (await transaction(client, random)) ? 1 : 0
      } catch {
        await delay(100, undefined, { signal }).catch(() => {}) // the database is away, or says no
      }
      await client?.end().catch(() => {})
    }
  }
}
