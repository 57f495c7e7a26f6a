import { withServiceLock } from '../../db/capture/lock.ts'
import {
  findStored,
  markLoaded,
  markRefreshed,
  saveService,
  type StoredService,
} from '../../db/capture/stored.ts'
import type { Db } from '../../db/pool.ts'
import { sameDefinition } from '../../domain/capture/definition.ts'
import { changeTableFor } from '../../domain/capture/names.ts'
import { readCaptureOptions, type CaptureOptions, type CaptureRequest } from '../../domain/capture/options.ts'
import { checkCapture, type Checked } from './check.ts'
import { briefly, install, mend } from './install.ts'
import type { WorkOptions } from './patience.ts'
import { refusalOf, refuse, taken } from './refuse.ts'
import { walk } from './walk.ts'

export interface CaptureOutcome {
  /**
   * captured: loaded and enabled. resumed: the same, going on where an earlier run was cut short. redefined: it was
   * published already, and now is as asked, its records rebuilt. unchanged: it was as asked already.
   */
  readonly kind: 'captured' | 'resumed' | 'redefined' | 'unchanged'
  readonly jsonTable: string
  /** Records written by this run. */
  readonly records: number
  /** What works, but perhaps not as hoped: tables that the view reads and nobody watches. */
  readonly warnings: readonly string[]
}

/**
 * Makes a table a published service: change table, triggers, load, enabled. Writers go on meanwhile; from the
 * installation on, each writes its changes itself, in its own transaction, which fails if that fails. A run that was
 * cut short, even by a crash, is gone on with by the next one. Called again for a published service it changes the
 * definition (of the same table) and republishes the records that this changes.
 * Throws `invalid` for options that are wrong in themselves, `refused` for what the database forbids or while
 * another process works on the service, `unavailable` when writers leave no gap or the signal stops it.
 */
export async function captureTable(
  db: Db,
  options: CaptureOptions,
  work: WorkOptions = {},
): Promise<CaptureOutcome> {
  const request = readCaptureOptions(options)
  const outcome = await withServiceLock(db, request.service, async (connection) => {
    const checked = await checkCapture(connection, request)
    const stored = await findStored(connection, request.service)
    refuseOther(request.service, stored, checked)
    return bringAbout(connection, request, checked, stored, work)
  })
  if (outcome === 'taken') throw taken(request.service)
  return outcome
}

function refuseOther(service: string, stored: StoredService | undefined, { definition }: Checked): void {
  if (stored?.jsonTable && !stored.capture) {
    throw refuse(service, 'captured', ['its change table is kept by something else'])
  }
  if (stored?.capture && stored.capture.definition.source !== definition.source) {
    throw refuse(service, 'captured', ['it publishes another table: uncapture it first'])
  }
}

async function bringAbout(
  connection: Db,
  request: CaptureRequest,
  checked: Checked,
  stored: StoredService | undefined,
  work: WorkOptions,
): Promise<CaptureOutcome> {
  const { service, title, filters, wake, deferred } = request
  const { definition, keyNames, warnings } = checked
  const jsonTable = stored?.jsonTable ?? changeTableFor(service)
  const settings = { service, jsonTable, keyNames, title, filters, wake }
  const before = stored?.capture
  const same = before !== null && before !== undefined && sameDefinition(before.definition, definition)
  if (same && stored?.wake === wake && before.deferred === deferred) {
    await saveService(connection, settings)
    await mend(connection, service, work.signal)
  } else await install(connection, settings, { definition, deferred }, work.signal)

  const told = { jsonTable, warnings }
  if (same && stored?.loadedAt) return { kind: 'unchanged', records: 0, ...told }
  const loading = !stored?.loadedAt
  const after = same ? before.loadPosition : null
  // What an earlier run loaded may have been another definition's.
  const base = { service, jsonTable, source: definition.source, loading, after, stale: before != null }
  try {
    const records = await walk(connection, { ...base, silent: false, forced: false, ...work })
    if (!loading) {
      await markRefreshed(connection, service)
      return { kind: 'redefined', records, ...told }
    }
    await briefly(connection, service, work.signal, (tx) => markLoaded(tx, service, jsonTable))
    return { kind: before ? 'resumed' : 'captured', records, ...told }
  } catch (error) {
    throw refusalOf(error, service, 'loaded')
  }
}
