import {
  createChangeTable,
  defineObjects,
  findGaps,
  limitLockWait,
  putTriggers,
} from '../../db/capture/objects.ts'
import { deferCapture } from '../../db/changeLog.ts'
import { saveDefinition, saveService, type ServiceSettings } from '../../db/capture/stored.ts'
import type { Db } from '../../db/pool.ts'
import type { CaptureDefinition } from '../../domain/capture/definition.ts'
import { patiently } from './patience.ts'
import { refusalOf } from './refuse.ts'

/** Longer would let a queue of writers build up behind us. */
const LOCK_WAIT_MS = 500

/** Makes the change table, the functions and the triggers, in one short transaction. */
export async function install(
  connection: Db,
  settings: ServiceSettings,
  { definition, deferred }: { readonly definition: CaptureDefinition; readonly deferred: boolean },
  signal?: AbortSignal,
): Promise<void> {
  const { service, jsonTable } = settings
  await briefly(connection, service, signal, async (tx) => {
    await saveService(tx, settings)
    await saveDefinition(tx, service, definition)
    await createChangeTable(tx, jsonTable)
    await deferCapture(tx, service, deferred)
    await defineObjects(tx, service)
    await putTriggers(tx, service)
  })
}

/** Puts back what is missing or switched off: a partition came later, somebody disabled triggers. */
export async function mend(connection: Db, service: string, signal?: AbortSignal): Promise<void> {
  if ((await findGaps(connection, service)).length === 0) return
  await briefly(connection, service, signal, (tx) => putTriggers(tx, service))
}

/** One transaction that waits for locks only briefly, tried until it gets through. */
export async function briefly(
  connection: Db,
  service: string,
  signal: AbortSignal | undefined,
  work: (tx: Db) => Promise<void>,
): Promise<void> {
  const told = `The tables of ${service} were never free of writers for a moment: end long transactions, and run the same again.`
  const attempt = () =>
    connection.transaction().execute(async (tx) => {
      await limitLockWait(tx, LOCK_WAIT_MS)
      await work(tx)
    })
  try {
    await patiently(attempt, { told, signal })
  } catch (error) {
    throw refusalOf(error, service, 'captured')
  }
}

/** Remakes the functions of a service after a changed definition. */
export async function defineAgain(
  connection: Db,
  service: string,
  definition: CaptureDefinition,
  signal?: AbortSignal,
): Promise<void> {
  await briefly(connection, service, signal, async (tx) => {
    await saveDefinition(tx, service, definition)
    await defineObjects(tx, service)
    await putTriggers(tx, service)
  })
}
