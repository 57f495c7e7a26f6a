import { describe, expect, test } from 'vitest'
import { createReceiver, type Receiver, type ReceiverOptions } from '../../src/cli/listen/receiver.ts'
import { manageCredential, manageListener } from '../support/api.ts'
import { makeFeed } from '../support/engine.ts'
import { ADMIN_KEY, cleanUp, eventually, testApp, testDatabase } from '../support/index.ts'

const database = await testDatabase()
const app = await testApp(database.url, {
  'targets.allowHttp': '127.0.0.1',
  'engine.sweepIntervalMilliseconds': 50,
  'engine.retry.inPlaceDelayMilliseconds': 5,
  'engine.retry.holdBaseSeconds': 1,
  'engine.retry.holdMaxSeconds': 1,
})
const feed = await makeFeed(database.db, 'test/record', true)
const secret = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`
const credential = { type: 'basic', username: 'me', password: 'secret' } as const
await manageCredential(app.url, {
  ...{ credentialName: 'ME', credentialType: 'BASICAUTH', username: 'me', password: 'secret' },
})

async function started(options: ReceiverOptions): Promise<Receiver> {
  const receiver = await createReceiver({
    keys: { '*': ['id'] },
    credential,
    signingKeys: [secret],
    ...options,
  })
  cleanUp(() => receiver.close())
  return receiver
}

async function register(
  listenerName: string,
  receiver: Receiver,
  item: Record<string, unknown>,
): Promise<void> {
  await manageListener(app.url, {
    ...{ listenerName, service: feed.service, credentialName: 'ME', listenerUrl: receiver.url },
    ...{ signingSecret: secret, intervalSeconds: 1, pageLimit: 7, ...item },
  })
}

/** What the change table holds, as a receiver should. */
async function expected(): Promise<Map<string, unknown>> {
  const rows = await database.run(
    `select key, document from sincewire_feed.test_record where deleted_at is null`,
  )
  return new Map(rows.map(({ key, document }) => [String(key), (document as { value: number }).value]))
}

/** Waits until the receiver holds what the table holds. */
async function caughtUp(receiver: Receiver, listenerName: string): Promise<void> {
  const wanted = await expected()
  await eventually(() => {
    const held = [...receiver.records(listenerName)].map(([key, record]) => [key, record['value']] as const)
    expect(new Map(held)).toEqual(wanted)
    return true
  })
}

const keys = Array.from({ length: 60 }, (_, i) => `k${i}`)

describe('a receiver beside the running service ends with what the table holds, and misses and repeats nothing', () => {
  test.each([
    ['PAYLOAD', 'Y', {}],
    ['EVENT', 'N', {}],
    ['PAYLOAD, while every third call fails', 'Y', { failRate: 0.34, status: 500 }],
  ])('by %s', async (_, includePayload, misbehaviour) => {
    const listenerName = `by-${includePayload}-${Object.keys(misbehaviour).length}`
    await feed.put(keys)
    const receiver = await started({ publishUrl: app.url, publishKey: ADMIN_KEY, misbehaviour })
    await register(listenerName, receiver, { includePayload })
    await caughtUp(receiver, listenerName)
    for (let round = 2; round < 5; round++) {
      await feed.put(keys.slice(0, 20), round)
      await feed.remove(keys.slice(round * 10, round * 10 + 3))
    }
    await caughtUp(receiver, listenerName)
    await receiver.settled()
    const report = receiver.report()
    expect(report).toMatchObject({ gaps: [], failedPulls: [], refused: 0, duplicates: 0 })
    expect(report.applied).toMatchObject({ outOfOrder: 0, repeated: 0, unkeyed: 0 })
    expect(report.calls.HEARTBEAT).toBeGreaterThan(0)
  })

  test('and a since reset is seen as a replay, not as a fault', async () => {
    const receiver = await started({})
    await register('replayed', receiver, { includePayload: 'Y' })
    await caughtUp(receiver, 'replayed')
    await register('replayed', receiver, { sinceTimestamp: '2000-01-01T00:00:00.000Z' })
    const report = await eventually(() => {
      const { windows } = receiver.report()
      return windows.replay > 0 && receiver.listeners()[0]?.chain?.complete === true && receiver.report()
    })
    expect(report).toMatchObject({
      gaps: [],
      windows: { replay: 1 },
      applied: { repeated: 0, outOfOrder: 0 },
    })
  })
})
