import { estimateRecords, estimateRows } from '../../db/capture/chunk.ts'
import { withServiceLock } from '../../db/capture/lock.ts'
import { findStored, markLoaded, markRefreshed, type StoredService } from '../../db/capture/stored.ts'
import { forgetFailures } from '../../db/changeLog.ts'
import type { Db } from '../../db/pool.ts'
import { endRequest, nextRequest, setEnabled, startRequest } from '../../db/refresh.ts'
import { SincewireError } from '../../domain/errors.ts'
import { phasesOf, type RefreshRequest } from '../../domain/refresh.ts'
import { prepareRebuild } from '../capture/rebuild.ts'
import { stopIfAsked, type WorkOptions } from '../capture/patience.ts'
import { refusalOf } from '../capture/refuse.ts'
import { takeStep, type StepSize } from './step.ts'

export interface RunRefreshOptions extends WorkOptions {
  /** Records a transaction. */
  readonly size: number
  /** Records before the request gives way to others. */
  readonly share: number
}

/**
 * Carries out a part of the oldest open request of a service, from where it was left. `more`: there is more to do, of
 * this or the next one. `taken`: another process works on the service. What forbids a request ends it as FAILED; what
 * may pass (no gap between writers, a stop, a database that is away) is thrown, and the request goes on later.
 */
export async function runRefresh(
  db: Db,
  service: string,
  options: RunRefreshOptions,
): Promise<'idle' | 'more' | 'taken'> {
  return withServiceLock(db, service, async (connection) => {
    const request = await nextRequest(connection, service)
    if (!request) return 'idle'
    try {
      await carryOut(connection, request, options)
    } catch (thrown) {
      const error = refusalOf(thrown, service, 'refreshed')
      if (!(error instanceof SincewireError) || error.code === 'unavailable') throw thrown
      const reasons = error.business.map((each) => (typeof each === 'string' ? each : each.errorMessage))
      await endRequest(connection, request.requestId, [error.message, ...reasons].join(': '))
    }
    return 'more'
  })
}

async function carryOut(connection: Db, request: RefreshRequest, options: RunRefreshOptions): Promise<void> {
  const { service, requestId } = request
  const stored = await findStored(connection, service)
  const captured = stored?.capture && stored.jsonTable !== null
  if (captured && request.action !== 'DISABLE') {
    if (request.phase === null) await prepareRebuild(connection, service, stored.capture, options.signal)
    if (!(await takePhases(connection, request, stored, options))) return
  }
  await connection.transaction().execute(async (tx) => {
    if (captured && request.action !== 'DISABLE') await finish(tx, request, stored)
    if (request.action !== 'REFRESH') await setEnabled(tx, service, request.action === 'ENABLE')
    await endRequest(tx, requestId, null)
  })
}

/** True: all of them are done. False: others are to have their turn. */
async function takePhases(
  connection: Db,
  request: RefreshRequest,
  stored: StoredService,
  { size, share, signal, onProgress }: RunRefreshOptions,
): Promise<boolean> {
  const { requestId, keys } = request
  const total = keys?.length ?? (await estimate(connection, stored, request))
  await startRequest(connection, requestId, total)
  const phases = phasesOf(request, stored.loadedAt !== null)
  const pace: StepSize = { now: size, most: size }
  let { seen } = request
  let left = share
  for (const phase of phases.slice(Math.max(0, phases.indexOf(request.phase ?? phases[0] ?? 'RECORDS')))) {
    let position = phase === request.phase ? request.position : null
    if (phase === 'LOAD') position = stored.capture?.loadPosition ?? null
    for (;;) {
      stopIfAsked(signal)
      const step = await takeStep(connection, { request, phase, position, pace, signal })
      seen += step.seen
      left -= step.seen
      onProgress?.({ done: seen, total: Math.max(seen, total) })
      if (step.position === null) break
      position = step.position
      if (left <= 0) return false
    }
  }
  return true
}

async function finish(
  tx: Db,
  request: RefreshRequest,
  { jsonTable, loadedAt }: StoredService,
): Promise<void> {
  const { service, keys } = request
  if (loadedAt === null && jsonTable !== null) await markLoaded(tx, service, jsonTable)
  else if (keys === null) await markRefreshed(tx, service)
  // Every document has been made since it began.
  const startedAt = (await nextRequest(tx, service))?.startedAt
  if (keys === null && startedAt) await forgetFailures(tx, service, startedAt)
}

async function estimate(connection: Db, stored: StoredService, request: RefreshRequest): Promise<number> {
  const { capture, jsonTable, loadedAt } = stored
  if (request.total !== null || !capture || jsonTable === null) return request.total ?? 0
  const rows = await estimateRows(connection, capture.definition.source)
  return Math.round(rows + (loadedAt === null ? 0 : await estimateRecords(connection, jsonTable)))
}
