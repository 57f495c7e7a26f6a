/** Counts what happens and wakes those who wait for more of it. */
export class Signal {
  #count = 0
  readonly #waiting = new Set<() => void>()

  get count(): number {
    return this.#count
  }

  tell(): void {
    this.#count += 1
    for (const look of this.#waiting) look()
  }

  /** Resolves when it has happened `n` times more, or at the deadline: false then. */
  async more(n: number, deadlineMs: number): Promise<boolean> {
    const wanted = this.#count + n
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const look = () => this.#count >= wanted && resolve(true)
    this.#waiting.add(look)
    const timer = setTimeout(() => resolve(false), deadlineMs)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(look)
    }
  }
}
