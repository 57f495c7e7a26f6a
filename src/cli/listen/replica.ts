import { joinKey } from '../../domain/capture/key.ts'

/** A record as it is published: the document with action, cacheTimestamp and cacheCreateTimestamp. */
export type PublishedRecord = Readonly<Record<string, unknown>>

/** What became of the records of a page. */
export interface Applied {
  readonly upserts: number
  readonly deletes: number
  /** Came again unchanged, though nobody asked for a replay. */
  readonly repeated: number
  /** Older than what is there, so left out. */
  readonly outOfOrder: number
  /** Without a field that the key is made of, so left out. */
  readonly unkeyed: number
}

export const NOTHING_APPLIED: Applied = { upserts: 0, deletes: 0, repeated: 0, outOfOrder: 0, unkeyed: 0 }

export function addApplied(a: Applied, b: Applied): Applied {
  return {
    upserts: a.upserts + b.upserts,
    deletes: a.deletes + b.deletes,
    repeated: a.repeated + b.repeated,
    outOfOrder: a.outOfOrder + b.outOfOrder,
    unkeyed: a.unkeyed + b.unkeyed,
  }
}

/** The records of one listener by key, as its calls left them. Deleted ones are kept as such: their time counts. */
export class Replica {
  readonly #records: Map<string, PublishedRecord>

  constructor(records: Iterable<readonly [string, PublishedRecord]> = []) {
    this.#records = new Map(records)
  }

  /** What the receiver has: key (its parts joined by commas) to record. */
  live(): ReadonlyMap<string, PublishedRecord> {
    return new Map([...this.#records].filter(([, record]) => record['action'] !== 'DELETE'))
  }

  /** Everything, to be kept. */
  entries(): IterableIterator<[string, PublishedRecord]> {
    return this.#records.entries()
  }

  /** Applies the records of a page in their order. `replaying`: some may have come before. */
  apply(items: readonly unknown[], keyParts: readonly string[], replaying: boolean): Applied {
    const applied = { ...NOTHING_APPLIED }
    for (const item of items) {
      const key = keyOf(item, keyParts)
      if (key === undefined) {
        applied.unkeyed += 1
        continue
      }
      const record = item as PublishedRecord
      const [before, now] = [timeOf(this.#records.get(key)), timeOf(record)]
      if (now < before) {
        applied.outOfOrder += 1
        continue
      }
      if (now === before && !replaying) applied.repeated += 1
      if (record['action'] === 'DELETE') applied.deletes += 1
      else applied.upserts += 1
      this.#records.set(key, record)
    }
    return applied
  }
}

function keyOf(item: unknown, keyParts: readonly string[]): string | undefined {
  if (typeof item !== 'object' || item === null || keyParts.length === 0) return undefined
  const parts = keyParts.map((part) => (item as PublishedRecord)[part])
  const usable = parts.every((part) => ['string', 'number', 'boolean'].includes(typeof part))
  return usable ? joinKey(parts.map(String)) : undefined
}

function timeOf(record: PublishedRecord | undefined): string {
  const time = record?.['cacheTimestamp']
  return typeof time === 'string' ? time : ''
}
