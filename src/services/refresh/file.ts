import { findStored } from '../../db/capture/stored.ts'
import type { Db } from '../../db/pool.ts'
import { insertRequest } from '../../db/refresh.ts'
import { findService } from '../../db/service.ts'
import { refused } from '../../domain/errors.ts'
import { orderFaults, type RefreshOrder } from '../../domain/refresh.ts'

/**
 * Files a refresh request, which a background job carries out. Returns its id. Throws `refused` with everything that
 * speaks against it.
 */
export function fileRefresh(db: Db, order: RefreshOrder): Promise<number> {
  return db.transaction().execute(async (tx) => {
    const service = await findService(tx, order.service)
    const stored = await findStored(tx, order.service)
    const faults = orderFaults(order, service, stored?.capture != null)
    if (faults.length > 0) {
      throw refused(faults.map((errorMessage) => ({ service: order.service, errorMessage })))
    }
    return insertRequest(tx, order)
  })
}
