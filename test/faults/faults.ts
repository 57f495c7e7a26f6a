/** Something that was done to the service. Times in milliseconds since 1970. */
export interface Fault {
  /** As the report names it, e.g. `engine killed`. */
  readonly kind: string
  readonly from: number
  /** Until when; unset while it lasts. */
  until?: number
  readonly repeats: Repeats
}

/** A call that was out when the fault came may have arrived as much earlier: the request's deadline and some. */
const CALL_MILLISECONDS = 1500
/** PostgreSQL forgets commits that did not wait for the disk: three times wal_writer_delay, and a call before it. */
const FORGETS_MILLISECONDS = CALL_MILLISECONDS + 1000
/** What a fault broke may be noticed a little later. */
const AFTER_MILLISECONDS = 300
/**
 * An engine that was away without having died finds its listeners given to others: those whose lock went with its
 * connection until it has another (a second), those it gave no sign of until pg-boss has looked (two).
 */
const AWAY_MILLISECONDS = 3000

/** For which calls a fault is a reason to send them again. */
export const REPEATS = {
  /** Those out when it came, and while it lasted. */
  out: { before: CALL_MILLISECONDS, after: AFTER_MILLISECONDS },
  /** And the ones of the last second, whose positions PostgreSQL forgot. */
  forgotten: { before: FORGETS_MILLISECONDS, after: AWAY_MILLISECONDS },
  /** And those of owners that seem to have been silent for an hour, until pg-boss has looked and they are gone. */
  stepped: { before: CALL_MILLISECONDS, after: 6000 },
  /** And those of an engine that came back. */
  away: { before: CALL_MILLISECONDS, after: AWAY_MILLISECONDS },
  /** None: it delays, and is no reason to send anything again. */
  none: null,
} as const
export type Repeats = (typeof REPEATS)[keyof typeof REPEATS]

/** The faults of a scenario in the order they came. */
export class FaultLog {
  readonly #faults: Fault[] = []

  /** A fault that begins now; call the result when it is over. */
  begin(kind: string, repeats: Repeats = REPEATS.out): () => void {
    const fault: Fault = { kind, from: Date.now(), repeats }
    this.#faults.push(fault)
    return () => void (fault.until = Date.now())
  }

  /** A fault of a moment. */
  at(kind: string, repeats?: Repeats): void {
    this.begin(kind, repeats)()
  }

  /** The fault for which a call that arrived then may have to be repeated, the latest first. */
  explaining(arrivedAt: number): Fault | undefined {
    return this.#faults.findLast(
      ({ from, until = Infinity, repeats }) =>
        repeats && arrivedAt >= from - repeats.before && arrivedAt <= until + repeats.after,
    )
  }

  /** The kinds of those that lasted into that time. */
  between(from: number, to: number): string[] {
    const overlapping = this.#faults.filter((fault) => fault.from < to && (fault.until ?? Infinity) > from)
    return [...new Set(overlapping.map(({ kind }) => kind))]
  }

  /** The last ones that began before, in words. */
  before(at: number): string {
    const some = this.#faults.filter(({ from }) => from < at).slice(-3)
    return some.map(({ kind, from, until }) => `${kind} ${from}–${until ?? 'now'}`).join(', ')
  }

  /** How many of each kind. */
  counts(): Map<string, number> {
    const counts = new Map<string, number>()
    for (const { kind } of this.#faults) counts.set(kind, (counts.get(kind) ?? 0) + 1)
    return counts
  }
}
