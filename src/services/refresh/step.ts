import { keepStamps, reconcileChunk, reconcileVanished } from '../../db/capture/chunk.ts'
import { limitLockWait } from '../../db/capture/objects.ts'
import { saveLoadPosition } from '../../db/capture/stored.ts'
import type { Db } from '../../db/pool.ts'
import { reconcileKeys, renewPublished, saveStep } from '../../db/refresh.ts'
import type { RefreshPhase, RefreshRequest } from '../../domain/refresh.ts'
import { patiently } from '../capture/patience.ts'

/** Records in the next transaction: fewer for a while where writers were in the way. */
export interface StepSize {
  now: number
  readonly most: number
}

export interface StepRequest {
  readonly request: RefreshRequest
  readonly phase: RefreshPhase
  readonly position: string | null
  readonly pace: StepSize
  readonly signal: AbortSignal | undefined
}

export interface Stepped {
  readonly seen: number
  readonly changed: number
  /** Where the next step starts; null: the phase is done. */
  readonly position: string | null
}

/** Below PostgreSQL's deadlock_timeout, so that of a writer and a step that wait for each other the step gives way. */
const LOCK_WAIT_MS = 300
const LEAST = 50

/** One transaction of a request: some records, and how far it came. */
export async function takeStep(connection: Db, { request, phase, position, pace, signal }: StepRequest) {
  const { service, requestId, republish } = request
  const attempt = () =>
    connection
      .transaction()
      .setIsolationLevel('read committed')
      .execute(async (tx) => {
        await limitLockWait(tx, LOCK_WAIT_MS)
        if (republish === 'NONE') await keepStamps(tx)
        const step = await stepOf(tx, request, phase, position, pace.now)
        if (phase === 'LOAD' && step.position !== null) await saveLoadPosition(tx, service, step.position)
        await saveStep(tx, requestId, { phase, ...step, position: step.position ?? position })
        return step
      })
  const step = await patiently(attempt, {
    told: `A transaction has held records of ${service} for minutes: end it; the request goes on then.`,
    signal,
    onBusy: () => (pace.now = Math.max(Math.min(LEAST, pace.most), Math.ceil(pace.now / 4))),
  })
  pace.now = Math.min(pace.most, pace.now * 2)
  return step
}

async function stepOf(
  tx: Db,
  request: RefreshRequest,
  phase: RefreshPhase,
  position: string | null,
  size: number,
): Promise<Stepped> {
  const { service, refreshType, republish } = request
  const renewed = refreshType === 'TRUNCATE_AND_LOAD'
  const forced = republish === 'ALL' || renewed
  const { seen, changed, last } = await (async () => {
    switch (phase) {
      case 'LOAD':
        return reconcileChunk(tx, service, position, size, false)
      case 'RECORDS':
        return reconcileChunk(tx, service, position, size, forced)
      case 'VANISHED':
        return reconcileVanished(tx, service, position, size)
      case 'KEYS':
        return someKeys(tx, request, Number(position ?? 0), size, forced)
    }
  })()
  if (renewed && republish === 'ALL' && (phase === 'RECORDS' || phase === 'KEYS')) {
    await renewPublished(tx, service)
  }
  return { seen, changed, position: last }
}

async function someKeys(
  tx: Db,
  { service, keys }: RefreshRequest,
  from: number,
  size: number,
  forced: boolean,
) {
  const some = (keys ?? []).slice(from, from + size)
  const changed = await reconcileKeys(tx, service, some, forced)
  const next = from + some.length
  return { seen: some.length, changed, last: next < (keys ?? []).length ? String(next) : null }
}
