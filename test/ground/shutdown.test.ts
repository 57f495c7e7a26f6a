import { expect, test } from 'vitest'
import { anyCredential, manageListener } from '../support/api.ts'
import { makeFeed } from '../support/engine.ts'
import { eventually, receiver, scratch, startService, testDatabase } from '../support/index.ts'

/** A service that has one call out, which is not answered before `gate.release()`. */
async function serviceWithCallOut(drainMilliseconds: string) {
  const database = await testDatabase()
  const feed = await makeFeed(database.db, 'test/stopped')
  await feed.put(['a'])
  const sink = await receiver()
  const env = {
    DATABASE_URL: database.url,
    SINCEWIRE_DATA_DIR: scratch(),
    SINCEWIRE_TARGETS_ALLOW_HTTP: '127.0.0.1',
    SINCEWIRE_PUBLIC_URL: 'http://sincewire.test',
    SINCEWIRE_ENGINE_SWEEP_INTERVAL_MILLISECONDS: '100',
    SINCEWIRE_ENGINE_DRAIN_MILLISECONDS: drainMilliseconds,
  }
  const service = startService({ env })
  const url = await service.ready
  const gate = sink.hold()
  const credentialName = await anyCredential(url)
  const listener = {
    service: feed.service,
    credentialName,
    listenerUrl: `${sink.url}/hook`,
    intervalSeconds: 1,
  }
  await manageListener(url, { ...listener, includePayload: 'Y' })
  await sink.waitFor((calls) => calls.length === 1)
  return { env, sink, service, url, gate }
}

const ids = (calls: readonly { headers: Record<string, unknown> }[]) =>
  calls.map((call) => call.headers['webhook-id'])

test('SIGTERM: readiness goes first, the call that is out is waited for and counts, exit 0', async () => {
  const { env, sink, service, url, gate } = await serviceWithCallOut('30000')
  service.kill('SIGTERM')
  const answer = await eventually(async () => {
    const ready = await fetch(`${url}/readyz`)
    return ready.status === 503 && ready.json()
  })
  expect(answer).toEqual({ status: 'draining' })
  gate.release()
  expect(await service.ended).toMatchObject({ code: 0, stderr: '' })

  const next = startService({ env })
  await sink.waitFor((calls) => calls.some((call) => call.json()['type'] === 'PAYLOAD'))
  expect((await next.stop()).code).toBe(0)
  expect(sink.calls.map((call) => call.json()['type'])).toEqual(['HEARTBEAT', 'PAYLOAD'])
})

test('SIGTERM: a call that outlasts the limit is handed back and sent again by the next process', async () => {
  const { env, sink, service, gate } = await serviceWithCallOut('200')
  service.kill('SIGTERM')
  expect(await service.ended).toMatchObject({ code: 0, stderr: '' })
  gate.release()

  const next = startService({ env })
  await sink.waitFor((calls) => calls.some((call) => call.json()['type'] === 'PAYLOAD'))
  expect((await next.stop()).code).toBe(0)
  expect(sink.calls.map((call) => call.json()['type'])).toEqual(['HEARTBEAT', 'HEARTBEAT', 'PAYLOAD'])
  expect(new Set(ids(sink.calls)).size).toBe(2)
})
