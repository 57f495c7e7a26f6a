/** Something that was done to the service. Times in milliseconds since 1970. */
export interface Fault {
  /** As the report names it, e.g. `engine killed`. */
  readonly kind: string
  /**
   * From when on a call that arrived may have to be repeated because of it: its answer, or the position saved after
   * it, may have been lost.
   */
  readonly from: number
  /** Until when; unset while it lasts. */
  until?: number
}

/** A call that was out when the fault came may have arrived as much earlier: the request's deadline and some. */
const CALL_MILLISECONDS = 1500
/** PostgreSQL forgets commits that did not wait for the disk: three times wal_writer_delay, and a call before it. */
export const FORGETS_MILLISECONDS = CALL_MILLISECONDS + 1000
/** What a fault broke may be noticed a little later. */
const AFTER_MILLISECONDS = 300

/** The faults of a scenario in the order they came. */
export class FaultLog {
  readonly #faults: Fault[] = []

  /** A fault that begins now; call the result when it is over. */
  begin(kind: string, before = CALL_MILLISECONDS): () => void {
    const fault: Fault = { kind, from: Date.now() - before }
    this.#faults.push(fault)
    return () => void (fault.until = Date.now() + AFTER_MILLISECONDS)
  }

  /** A fault of a moment. */
  at(kind: string, before = CALL_MILLISECONDS): void {
    this.begin(kind, before)()
  }

  /** The fault for which a call that arrived then may have to be repeated, the latest first. */
  explaining(arrivedAt: number): Fault | undefined {
    return this.#faults.findLast(({ from, until }) => arrivedAt >= from && arrivedAt <= (until ?? Infinity))
  }

  /** The kinds of those that lasted into that time. */
  between(from: number, to: number): string[] {
    const overlapping = this.#faults.filter((fault) => fault.from < to && (fault.until ?? Infinity) > from)
    return [...new Set(overlapping.map(({ kind }) => kind))]
  }

  /** How many of each kind. */
  counts(): Map<string, number> {
    const counts = new Map<string, number>()
    for (const { kind } of this.#faults) counts.set(kind, (counts.get(kind) ?? 0) + 1)
    return counts
  }
}
