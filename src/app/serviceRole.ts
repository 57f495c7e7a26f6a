import type { OpenDatabase } from '../database.ts'
import { grantService } from '../db/serviceRole.ts'
import { startBoss } from '../jobs/boss.ts'
import type { Log } from '../log.ts'

/**
 * Lets a role that owns nothing run the service: makes what the service would otherwise make at its first start, the
 * queues, and grants. Run by the owner of the tables.
 */
export async function prepareServiceRole(
  { url, engineDb }: OpenDatabase,
  role: string,
  log: Log,
): Promise<void> {
  const onError = (err: Error) => log.warn({ err }, 'the queues report trouble')
  const boss = await startBoss({ url, onError })
  await boss.stop()
  await engineDb.transaction().execute((tx) => grantService(tx, role))
}
