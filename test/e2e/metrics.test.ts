import { expect, test } from 'vitest'
import { anyCredential, manageListener } from '../support/api.ts'
import { makeFeed } from '../support/engine.ts'
import { fetchAsAdmin, eventually, receiver, testApp, testDatabase } from '../support/index.ts'

const database = await testDatabase()

test('metrics count attempts and records', async () => {
  const app = await testApp(database.url, {
    'targets.allowHttp': '127.0.0.1',
    'engine.sweepIntervalMilliseconds': 50,
  })
  const feed = await makeFeed(database.db, 'test/metrics')
  await feed.put(['a', 'b', 'c'])
  const sink = await receiver()
  const credentialName = await anyCredential(app.url)
  await manageListener(app.url, {
    service: feed.service,
    credentialName,
    listenerUrl: `${sink.url}/hook`,
    includePayload: 'Y',
  })
  await sink.waitFor((calls) => calls.length === 2)
  const text = await eventually(async () => {
    const now = await (await fetchAsAdmin(`${app.url}/metrics`)).text()
    return now.includes('sincewire_records_delivered_total 3') && now
  })
  expect(text).toContain('sincewire_attempts_total{kind="PAYLOAD",outcome="success"} 1')
  expect(text).toContain('sincewire_attempts_total{kind="HEARTBEAT",outcome="success"} 1')
})
