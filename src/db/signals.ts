import pg from 'pg'
import { clientConfig, holdSharedLock } from './pool.ts'
import { ENGINE_LOCK_CLASS } from './sweep.ts'

/** Capture notifies here at commit; the payload is the service. */
export const WAKE_CHANNEL = 'sincewire_wake'
/** A change of registration that makes a listener due notifies here. */
export const DUE_CHANNEL = 'sincewire_due'
/** Deferred capture notifies here at commit, and whoever files a refresh request; the payload is the service. */
export const JOBS_CHANNEL = 'sincewire_jobs'

export interface SignalOptions {
  readonly url: string
  readonly engineNumber: number
  readonly onWake: (service: string) => void
  readonly onDue: () => void
  readonly onJobs: () => void
  /** The connection broke; another is tried after `retryMilliseconds`. */
  readonly onError: (error: Error) => void
  readonly retryMilliseconds: number
}

/**
 * The connection that an engine process keeps for its life: it listens, and it holds the advisory lock by which
 * the others see that this process lives. It shares that lock with the connections of its turns, so that one broken
 * connection is not taken for a death. Notifications are a hint: whatever they miss, the next sweep finds.
 */
export class Signals {
  readonly #options: SignalOptions
  #client: pg.Client | null = null
  #closed = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: SignalOptions) {
    this.#options = options
  }

  /** Connects for the first time; throws when it cannot. */
  async open(): Promise<void> {
    const { url, engineNumber, onWake, onDue, onJobs } = this.#options
    const client = new pg.Client(clientConfig({ url, applicationName: 'sincewire engine' }))
    client.on('error', (error) => this.#lost(client, error))
    client.on('end', () => this.#lost(client, new Error('connection closed')))
    client.on('notification', ({ channel, payload }) => {
      if (channel === WAKE_CHANNEL) onWake(payload ?? '')
      else if (channel === JOBS_CHANNEL) onJobs()
      else onDue()
    })
    try {
      await client.connect()
      await holdSharedLock(client, [ENGINE_LOCK_CLASS, engineNumber])
      await client.query(`listen ${WAKE_CHANNEL}; listen ${DUE_CHANNEL}; listen ${JOBS_CHANNEL}`)
    } catch (error) {
      client.removeAllListeners('end')
      await client.end().catch(() => {})
      throw error
    }
    this.#client = client
    onDue() // whatever was said while nobody listened
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#client?.end().catch(() => {})
  }

  #lost(client: pg.Client, error: Error): void {
    if (this.#closed || this.#client !== client) return
    this.#client = null
    this.#options.onError(error)
    this.#retry()
  }

  #retry(): void {
    if (this.#closed) return
    this.#timer = setTimeout(() => {
      this.open().catch((error: unknown) => {
        this.#options.onError(error instanceof Error ? error : new Error(String(error)))
        this.#retry()
      })
    }, this.#options.retryMilliseconds)
  }
}
