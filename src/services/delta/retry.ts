import { logAction } from '../../db/change.ts'
import { retryFailures } from '../../db/changeLog.ts'
import type { Db } from '../../db/pool.ts'
import { findProcess } from '../../db/process.ts'
import { SincewireError } from '../../domain/errors.ts'

/** Has the documents of a deferred service that could not be made tried again at once. Returns how many. */
export async function retryDocuments(db: Db, service: string): Promise<number> {
  if (!(await findProcess(db, `delta/${service}`))) {
    throw new SincewireError('refused', `The service ${service} is not captured with --deferred`)
  }
  return db.transaction().execute(async (tx) => {
    const documents = await retryFailures(tx, service)
    await logAction(tx, {
      objectKind: 'job',
      objectName: `delta/${service}`,
      operation: 'RETRY',
      told: { documents },
    })
    return documents
  })
}
