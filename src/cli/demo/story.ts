import { setTimeout as delay } from 'node:timers/promises'
import { unusable } from '../../domain/errors.ts'
import { realisticChange } from '../../services/sample/change.ts'
import { summaryOf } from '../listen/lines.ts'
import { compare, type Comparison } from './check.ts'
import { registrations } from './rest.ts'
import { password, timed, username, type Stage } from './stage.ts'

export interface StoryOptions {
  /** How long rows are changed. */
  readonly seconds: number
  /** Ends the story early. */
  readonly signal: AbortSignal
  readonly print: (line: string) => void
}

/** The two that are told of: the data itself, and a hint to pull it. */
export const listeners = [
  { listenerName: 'items', service: 'foundation/item', includePayload: 'Y', pageLimit: 500 },
  { listenerName: 'orders', service: 'procurement/order', includePayload: 'N', pageLimit: 500 },
] as const

const EPOCH = '1970-01-01T00:00:00.000Z'
/** Shares of the time. */
const CALM = 0.3
const OUTAGE = 0.1
const RECOVERY = 0.3
const REPLAY = 0.3
/** Shorter, and the calls are only tried again at once: no heartbeat is needed. */
const OUTAGE_SECONDS = 2.5
const MILLISECONDS_BETWEEN_CHANGES = 400
const CATCH_UP_MILLISECONDS = 60_000

/** Plays it. Throws `unusable` when the receiver does not come to hold what the tables hold, AbortError when aborted. */
export async function tellStory(stage: Stage, { seconds, signal, print }: StoryOptions): Promise<void> {
  const { app, receiver, key } = stage
  const rest = registrations(app.url, key)
  const chapter = (text: string) => print(`\n${timed(text)}`)

  chapter(`The API answers on ${app.url}, a receiver listens on ${receiver.url}.`)
  await rest.credential({ credentialName: 'DEMO', credentialType: 'BASICAUTH', username, password })
  const common = { credentialName: 'DEMO', listenerUrl: `${receiver.url}/hook`, intervalSeconds: 1 }
  await rest.listeners(...listeners.map((listener) => ({ ...common, ...listener })))
  print(timed('Registered two listeners: items (PAYLOAD, 500 records a page) and orders (EVENT, pulled).'))
  await caughtUp(stage, signal)

  chapter(`For ${seconds} seconds, rows change in transactions like a retailer's.`)
  await changes(stage, seconds * CALM, { signal, print })
  chapter('The receiver fails: it answers 503 to everything, while rows go on changing.')
  receiver.misbehave({ failRate: 1 })
  await changes(stage, Math.max(seconds * OUTAGE, OUTAGE_SECONDS), { signal, print })
  receiver.misbehave({ failRate: 0 })
  chapter('The receiver works again. A heartbeat finds that out, and publishing goes on where it stopped.')
  await changes(stage, seconds * RECOVERY, { signal, print })
  chapter(`Somebody wants all items again: sinceTimestamp of items is set to ${EPOCH}.`)
  await rest.listeners({ service: 'foundation/item', listenerName: 'items', sinceTimestamp: EPOCH })
  await changes(stage, seconds * REPLAY, { signal, print })

  chapter('No more changes. Does the receiver hold what the tables hold?')
  const found = await caughtUp(stage, signal)
  for (const { listenerName, service, records, rows, different } of found) {
    const verdict = different.length === 0 ? 'equal' : `${different.length} DIFFERENT, e.g. ${different[0]}`
    print(
      timed(`${listenerName}: ${records} records of ${service} received, ${rows} in the tables: ${verdict}`),
    )
  }
  print('')
  for (const line of summaryOf(receiver.report(), receiver.listeners())) print(line)
  if (found.some(({ different }) => different.length > 0))
    throw unusable('The receiver differs from the tables.')
}

async function changes(
  { db }: Stage,
  seconds: number,
  { signal, print }: Omit<StoryOptions, 'seconds'>,
): Promise<void> {
  const end = performance.now() + seconds * 1000
  while (performance.now() < end) {
    const { what, services, committed } = await realisticChange(db, Math.random)
    print(timed(`  row      ${what}  ${committed ? `(${services.join(', ')})` : '(rolled back)'}`))
    await delay(Math.random() * 2 * MILLISECONDS_BETWEEN_CHANGES, undefined, { signal })
  }
}

/** Waits until the receiver holds what the tables hold; at the deadline the differences are returned. */
async function caughtUp({ db, receiver }: Stage, signal: AbortSignal): Promise<readonly Comparison[]> {
  const deadline = performance.now() + CATCH_UP_MILLISECONDS
  for (;;) {
    await receiver.settled()
    const found = await Promise.all(listeners.map((listener) => compare(db, receiver, listener)))
    if (found.every(({ different }) => different.length === 0) || performance.now() > deadline) return found
    await delay(100, undefined, { signal })
  }
}
