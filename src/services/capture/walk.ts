import {
  estimateRecords,
  estimateRows,
  keepStamps,
  reconcileChunk,
  reconcileVanished,
  type Step,
} from '../../db/capture/chunk.ts'
import { limitLockWait } from '../../db/capture/objects.ts'
import { saveLoadPosition } from '../../db/capture/stored.ts'
import type { Db } from '../../db/pool.ts'
import { patiently, stopIfAsked, type WorkOptions } from './patience.ts'

export interface Walk {
  readonly service: string
  readonly jsonTable: string
  /** The source's oid. */
  readonly source: number
  /** load: remembers how far it is, and finds nothing that vanished. */
  readonly kind: 'load' | 'rebuild'
  /** load: where it was cut short. */
  readonly after: string | null
  /** Documents that differ are put right without a new stamp. */
  readonly silent: boolean
  /** Stamps what is right, too. */
  readonly forced: boolean
}

/** Records a transaction: some tenths of a second, for which a writer of one of them may have to wait. */
const CHUNK = 5_000
/** Below PostgreSQL's deadlock_timeout, so that of a writer and a chunk that wait for each other the chunk gives way. */
const LOCK_WAIT_MS = 300

/** Brings a change table in line with its source, in chunks, while writers go on. Returns how many records it wrote. */
export async function walk(connection: Db, options: Walk & WorkOptions): Promise<number> {
  const { service, kind, after, forced } = options
  const pace = await createPace(connection, options)
  let changed = await follow(connection, options, after, pace, async (tx, position) => {
    const step = await reconcileChunk(tx, service, position, CHUNK, forced)
    if (kind === 'load' && step.last !== null) await saveLoadPosition(tx, service, step.last)
    return step
  })
  if (kind === 'rebuild') {
    changed += await follow(connection, options, null, pace, (tx, position) =>
      reconcileVanished(tx, service, position, CHUNK),
    )
  }
  return changed
}

async function follow(
  connection: Db,
  { service, silent, signal }: Walk & WorkOptions,
  start: string | null,
  pace: (seen: number) => void,
  take: (tx: Db, position: string | null) => Promise<Step>,
): Promise<number> {
  let changed = 0
  for (let position = start; ;) {
    stopIfAsked(signal)
    const step = await patiently(
      () =>
        connection
          .transaction()
          .setIsolationLevel('read committed')
          .execute(async (tx) => {
            await limitLockWait(tx, LOCK_WAIT_MS)
            if (silent) await keepStamps(tx)
            return take(tx, position)
          }),
      `A transaction has held records of ${service} for minutes: end it, and run the same again to go on.`,
      signal,
    )
    changed += step.changed
    if (step.last === null) return changed
    pace(step.seen)
    position = step.last
  }
}

async function createPace(
  connection: Db,
  { kind, source, jsonTable, onProgress }: Walk & WorkOptions,
): Promise<(seen: number) => void> {
  if (!onProgress) return () => {}
  const rows = await estimateRows(connection, source)
  const total = rows + (kind === 'rebuild' ? await estimateRecords(connection, jsonTable) : 0)
  let done = 0
  return (seen) => {
    done += seen
    onProgress({ done, total: Math.max(done, total) })
  }
}
