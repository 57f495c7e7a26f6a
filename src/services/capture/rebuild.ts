import { withServiceLock } from '../../db/capture/lock.ts'
import { readRelation } from '../../db/capture/relation.ts'
import { findStored, markRefreshed, type StoredCapture } from '../../db/capture/stored.ts'
import type { Db } from '../../db/pool.ts'
import type { CaptureDefinition } from '../../domain/capture/definition.ts'
import { shapeRow } from '../../domain/capture/shape.ts'
import { defineAgain, mend } from './install.ts'
import type { WorkOptions } from './patience.ts'
import { refusalOf, refuse, taken } from './refuse.ts'
import { walk } from './walk.ts'

export interface RebuildOptions extends WorkOptions {
  readonly service: string
  /** Documents that differ are put right without being published again. */
  readonly silent?: boolean
  /** Every record is published again, changed or not. */
  readonly bump?: boolean
}

export interface RebuildOutcome {
  /** Records written. */
  readonly records: number
}

/**
 * Makes every document anew from the source, in chunks, while writers go on. Documents that differ are published
 * again unless `silent`; missing records are inserted and vanished ones marked deleted, which is always published.
 * Also puts back triggers that are missing or switched off (partitions that came later) and takes in columns that
 * the table got or lost since. Throws as captureTable does.
 */
export async function rebuildService(
  db: Db,
  { service, silent = false, bump = false, ...work }: RebuildOptions,
): Promise<RebuildOutcome> {
  if (silent && bump) throw refuse(service, 'rebuilt', ['it can be silent or bump its records, not both'])
  const outcome = await withServiceLock(db, service, async (connection) => {
    const stored = await findStored(connection, service)
    if (!stored?.capture || !stored.jsonTable) {
      throw refuse(service, 'rebuilt', [stored ? 'it is not captured' : 'there is no such service'])
    }
    if (!stored.loadedAt) {
      throw refuse(service, 'rebuilt', ['its load was cut short: run capture again to go on with it'])
    }
    const { definition } = stored.capture
    try {
      await prepareRebuild(connection, service, stored.capture, work.signal)
      const base = {
        service,
        jsonTable: stored.jsonTable,
        source: definition.source,
        silent,
        forced: bump,
        ...work,
      }
      const records = await walk(connection, { ...base, loading: false, after: null, stale: true })
      await markRefreshed(connection, service)
      return { records }
    } catch (error) {
      throw refusalOf(error, service, 'rebuilt')
    }
  })
  if (outcome === 'taken') throw taken(service)
  return outcome
}

/** Before records are made anew: takes in columns that the table got or lost, and puts back triggers. */
export async function prepareRebuild(
  connection: Db,
  service: string,
  { definition }: StoredCapture,
  signal?: AbortSignal,
): Promise<void> {
  await takeInColumns(connection, service, definition, signal)
  await mend(connection, service, signal)
}

/** A document whose members are listed gets those that the table has now. */
async function takeInColumns(
  connection: Db,
  service: string,
  definition: CaptureDefinition,
  signal: AbortSignal | undefined,
): Promise<void> {
  const source = await readRelation(connection, definition.source)
  if (!source) throw refuse(service, 'rebuilt', ['its table was dropped: uncapture it'])
  if (definition.members === null) return
  const members = shapeRow(
    source.columns.map(({ name }) => name),
    definition.shape,
  )
  if (JSON.stringify(members) === JSON.stringify(definition.members)) return
  await defineAgain(connection, service, { ...definition, members }, signal)
}
