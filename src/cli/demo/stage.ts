import { randomBytes } from 'node:crypto'
import { throwAwayFolder } from '../../app/throwAway.ts'
import { createApp, type App } from '../../app.ts'
import { openDatabase, type OpenDatabase } from '../../database.ts'
import { loadExamples } from '../../services/load/examples.ts'
import { loadSampleCatalogue } from '../../services/sample/load.ts'
import { sampleServices } from '../../services/sample/catalogue.ts'
import type { CommandContext } from '../command.ts'
import { lineOf } from '../listen/lines.ts'
import { createReceiver, type Receiver } from '../listen/receiver.ts'

/** What the demo plays on: everything runs. */
export interface Stage extends AsyncDisposable {
  readonly app: App
  readonly db: OpenDatabase['engineDb']
  readonly receiver: Receiver
  /** The administrator's, of this stage alone. */
  readonly key: string
}

export const username = 'demo'
export const password = 'not a secret here'

/** Whatever the settings say otherwise: nothing of the caller's is touched, and nothing is reached from outside. */
const ownSettings = {
  ...{ host: '127.0.0.1', port: 0, publicUrl: null, databaseUrl: null, masterKey: null },
  ...{ 'tls.certificateFile': null, 'tls.keyFile': null },
  ...{ 'targets.allow': [], 'targets.allowHttp': ['127.0.0.1'] },
  // An outage of seconds should end in seconds.
  ...{ 'engine.retry.inPlaceRetries': 1, 'engine.retry.holdBaseSeconds': 1 },
}

/** Starts the service, loads the sample retailer and opens a receiver. Leaves nothing behind when it throws. */
export async function openStage(context: CommandContext): Promise<Stage> {
  await using stack = new AsyncDisposableStack()
  const key = randomBytes(32).toString('base64url')
  const folder = stack.adopt(throwAwayFolder(), ({ remove }) => remove())
  const config = context.config({ ...ownSettings, dataDir: folder.path, adminKey: key })
  // The receiver's lines tell of refused calls already.
  const quiet = config.logLevel === 'info' ? 'error' : config.logLevel
  const log = context.log({ ...config, logLevel: quiet })
  context.print('Starting PostgreSQL, the API and the engine in a throw-away folder.')
  const app = stack.adopt(createApp(config, log), (started) => started.stop())
  await app.start()
  context.signal.throwIfAborted()
  const database = stack.adopt(
    await openDatabase({ ...config, databaseUrl: app.databaseUrl }, log),
    (opened) => opened.close(),
  )
  context.print('Loading the sample retailer: 40 stores, 2,000 items, 300 orders.')
  const bar = context.progress('Loading the sample retailer')
  await loadSampleCatalogue(database.engineDb, {
    onProgress: (done, total) => bar.update(done, total),
    signal: context.signal,
  }).finally(() => bar.stop())
  await loadExamples(database.engineDb)
  const receiver = stack.adopt(
    await createReceiver({
      credential: { type: 'basic', username, password },
      keys: Object.fromEntries(sampleServices.map(({ service, keyParts }) => [service, keyParts])),
      publishUrl: app.url,
      publishKey: key,
      onHappening: (happening) => context.print(timed(lineOf(happening))),
    }),
    (opened) => opened.close(),
  )
  const open = stack.move()
  return { app, db: database.engineDb, receiver, key, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

/** A line with the time it was said at. */
export function timed(line: string): string {
  return `${new Date().toISOString().slice(11, 23)}  ${line}`
}
