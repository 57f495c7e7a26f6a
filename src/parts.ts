import type { Log } from './log.ts'

/** Something that runs: started in order, stopped in reverse. */
export interface Part {
  readonly name: string
  start(): Promise<void>
  /** Lets go of everything; called once, and only after start() has succeeded. */
  stop(): Promise<void>
}

/** Runs parts as one. When one does not start, those before it are stopped and the failure is thrown. */
export class Parts {
  readonly #log: Log
  readonly #running: Part[] = []

  constructor(log: Log) {
    this.#log = log
  }

  async start(part: Part): Promise<void> {
    try {
      await part.start()
    } catch (error) {
      await this.stop()
      throw error
    }
    this.#running.push(part)
    this.#log.debug({ part: part.name }, 'started')
  }

  /** Stops what runs, the youngest first; a part that fails to does not keep the others up. */
  async stop(): Promise<void> {
    for (let part = this.#running.pop(); part; part = this.#running.pop()) {
      try {
        await part.stop()
        this.#log.debug({ part: part.name }, 'stopped')
      } catch (error) {
        this.#log.error({ part: part.name, err: error }, 'did not stop cleanly')
      }
    }
  }
}
