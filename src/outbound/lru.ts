/** A map that forgets what was used least recently once it holds more than `max` entries, and says so. */
export class Lru<K, V> {
  readonly #entries = new Map<K, V>()
  readonly #max: number
  readonly #onForgotten: ((value: V) => void) | undefined

  constructor(max: number, onForgotten?: (value: V) => void) {
    this.#max = max
    this.#onForgotten = onForgotten
  }

  get(key: K): V | undefined {
    const value = this.#entries.get(key)
    if (value === undefined) return undefined
    // A Map remembers the order of insertion: inserted again, it is the youngest.
    this.#entries.delete(key)
    this.#entries.set(key, value)
    return value
  }

  set(key: K, value: V): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= this.#max) return
    const oldest = this.#entries.keys().next()
    if (oldest.done) return
    const forgotten = this.#entries.get(oldest.value)
    this.#entries.delete(oldest.value)
    if (forgotten !== undefined) this.#onForgotten?.(forgotten)
  }

  values(): IterableIterator<V> {
    return this.#entries.values()
  }

  delete(key: K): void {
    this.#entries.delete(key)
  }
}
