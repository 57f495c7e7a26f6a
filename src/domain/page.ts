import type { Position } from './window.ts'

/** A rendered page of a window: what the publish API answers and what a PAYLOAD call carries as `payload`. */
export interface Page {
  /** The whole envelope as JSON: `{"items":[…],"hasMore":…,"limit":…,"count":…,"links":[…]}`. */
  readonly bytes: Buffer
  /** Records on it. */
  readonly count: number
  /** Whether the window holds records after `last`. */
  readonly hasMore: boolean
  /** The last record on it; null on an empty page. */
  readonly last: Position | null
}
