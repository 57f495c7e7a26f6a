import type { Filter } from './filter.ts'
import type { Instant } from './instant.ts'

/** A published feed: a row of merchapi_config. */
export interface Service {
  readonly name: string
  readonly title: string | null
  /** Its change table, a table of schema sincewire_feed; null: nothing to publish, no webhook. */
  readonly jsonTable: string | null
  readonly enabled: boolean
  /** The natural key's parts, in the order in which they are joined by commas. */
  readonly keyParts: readonly string[]
  readonly filters: readonly Filter[]
  readonly wakeOnCommit: boolean
  readonly loadedAt: Instant | null
  readonly refreshedAt: Instant | null
  /** The latest stamp among deleted records that were pruned; null: none was. */
  readonly prunedBefore: Instant | null
}
