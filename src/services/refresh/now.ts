import { setTimeout as delay } from 'node:timers/promises'
import type { Db } from '../../db/pool.ts'
import { findProcess } from '../../db/process.ts'
import { listRequests } from '../../db/refresh.ts'
import { SincewireError } from '../../domain/errors.ts'
import type { RefreshOrder, RefreshRequest } from '../../domain/refresh.ts'
import { stopIfAsked, type WorkOptions } from '../capture/patience.ts'
import { fileRefresh } from './file.ts'
import { runRefresh } from './run.ts'

const LOOK_MILLISECONDS = 200

/**
 * Files a refresh request and carries it out here, after those that are open; where another process is at it, waits for
 * that. A request that is cut short is gone on with by any running service, or by the next call. Throws `refused` when
 * it cannot be filed or fails.
 */
export async function refreshNow(
  db: Db,
  order: RefreshOrder,
  { onProgress, signal }: WorkOptions,
): Promise<RefreshRequest> {
  const { service } = order
  const requestId = await fileRefresh(db, order)
  const { commitMaxCtr: size = 5_000 } = (await findProcess(db, 'refresh')) ?? {}
  for (;;) {
    stopIfAsked(signal)
    const outcome = await runRefresh(db, service, {
      ...{ size, share: Infinity },
      ...(onProgress && { onProgress }),
      ...(signal && { signal }),
    })
    const [request] = await listRequests(db, { service, requestId, limit: 1, before: null })
    if (!request) throw new SincewireError('refused', `The service ${service} is gone`)
    if (request.status === 'FAILED') throw new SincewireError('refused', request.error ?? 'it failed')
    if (request.status === 'DONE') return request
    if (outcome !== 'taken') continue
    onProgress?.({ done: request.seen, total: Math.max(request.seen, request.total ?? 0) })
    await delay(LOOK_MILLISECONDS, undefined, { signal }).catch(() => {})
  }
}
