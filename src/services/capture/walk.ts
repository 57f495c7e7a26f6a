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
  /** Remembers how far it is. */
  readonly loading: boolean
  /** Where an earlier load was cut short. */
  readonly after: string | null
  /** Records may be there whose keys are not: looks for them, too. */
  readonly stale: boolean
  /** Documents that differ are put right without a new stamp. */
  readonly silent: boolean
  /** Stamps what is right, too. */
  readonly forced: boolean
}

/**
 * Records a transaction: some tenths of a second, for which a writer of one of them may have to wait. Fewer for a while
 * where writers were in the way.
 */
const CHUNK = { most: 5_000, least: 50 }
/** Below PostgreSQL's deadlock_timeout, so that of a writer and a chunk that wait for each other the chunk gives way. */
const LOCK_WAIT_MS = 300

/** Brings a change table in line with its source, in chunks, while writers go on. Returns how many records it wrote. */
export async function walk(connection: Db, options: Walk & WorkOptions): Promise<number> {
  const { service, loading, after, stale, forced } = options
  const pace = await createPace(connection, options)
  let changed = await follow(connection, options, after, pace, async (tx, position, size) => {
    const step = await reconcileChunk(tx, service, position, size, forced)
    if (loading && step.last !== null) await saveLoadPosition(tx, service, step.last)
    return step
  })
  if (stale) {
    changed += await follow(connection, options, null, pace, (tx, position, size) =>
      reconcileVanished(tx, service, position, size),
    )
  }
  return changed
}

type Take = (tx: Db, position: string | null, size: number) => Promise<Step>

async function follow(
  connection: Db,
  { service, silent, signal }: Walk & WorkOptions,
  start: string | null,
  pace: (seen: number) => void,
  take: Take,
): Promise<number> {
  let changed = 0
  let position = start
  let size = CHUNK.most
  const attempt = () =>
    connection
      .transaction()
      .setIsolationLevel('read committed')
      .execute(async (tx) => {
        await limitLockWait(tx, LOCK_WAIT_MS)
        if (silent) await keepStamps(tx)
        return take(tx, position, size)
      })
  const told = `A transaction has held records of ${service} for minutes: end it, and run the same again to go on.`
  const onBusy = () => (size = Math.max(CHUNK.least, Math.ceil(size / 4)))
  for (;;) {
    stopIfAsked(signal)
    const step = await patiently(attempt, { told, signal, onBusy })
    changed += step.changed
    if (step.last === null) return changed
    pace(step.seen)
    position = step.last
    size = Math.min(CHUNK.most, size * 2)
  }
}

async function createPace(
  connection: Db,
  { stale, source, jsonTable, onProgress }: Walk & WorkOptions,
): Promise<(seen: number) => void> {
  if (!onProgress) return () => {}
  const rows = await estimateRows(connection, source)
  const total = rows + (stale ? await estimateRecords(connection, jsonTable) : 0)
  let done = 0
  return (seen) => {
    done += seen
    onProgress({ done, total: Math.max(done, total) })
  }
}
