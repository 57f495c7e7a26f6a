import { expect, test } from 'vitest'
import { receiver, testDatabase } from '../support/index.ts'

const database = await testDatabase()
const target = await receiver()

test('a test file gets a migrated database of its own', async () => {
  const rows = await database.run(
    `select current_database() as name, to_regclass('sincewire.listener')::text as listener`,
  )
  expect(rows).toEqual([{ name: database.name, listener: 'sincewire.listener' }])
})

test('a receiver records calls, holds them until released and answers as told', async () => {
  target.answerNext({ status: 503, headers: { 'retry-after': '3' } })
  const gate = target.hold()
  const answer = fetch(`${target.url}/hook?x=1`, { method: 'POST', body: '{"type":"HEARTBEAT"}' })
  const [call] = await target.waitFor((calls) => calls.length === 1)
  expect(call).toMatchObject({ method: 'POST', url: '/hook?x=1' })
  expect(call!.json()).toEqual({ type: 'HEARTBEAT' })
  gate.release()
  const response = await answer
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '3'])
  expect((await fetch(target.url)).status).toBe(200)

  target.answerNext({ instead: 'reset' })
  await expect(fetch(target.url)).rejects.toThrow('fetch failed')
})

test('a wait that does not come true says what arrived', async () => {
  await expect(target.waitFor((calls) => calls.length > 99, 1)).rejects.toThrow('HEARTBEAT')
})
