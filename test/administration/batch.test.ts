import { describe, expect, test } from 'vitest'
import {
  BATCH_EVENTS,
  changeBatch,
  isRefused,
  parseBatchRefusal,
  type BatchEvent,
  type BatchPart,
  type BatchStatus,
} from '../../src/domain/batch.ts'
import { changeBatchStatus } from '../../src/services/batch/change.ts'
import { testApp, testDatabase } from '../support/index.ts'
import { OPERATIONS, serveAll } from './harness.ts'

/** A status in letters: running, inventory, costing, warning. */
const status = (letters: string): BatchStatus => ({
  running: letters.includes('r'),
  inventoryRunning: letters.includes('i'),
  costingRunning: letters.includes('c'),
  startWarning: letters.includes('w'),
})
const letters = (now: BatchStatus) =>
  `${now.running ? 'r' : ''}${now.inventoryRunning ? 'i' : ''}${now.costingRunning ? 'c' : ''}${now.startWarning ? 'w' : ''}`

type Before = '' | 'w' | 'r' | 'ri' | 'ric' | 'riw'
const NO = 'refused'

/** What each event makes of each status that can be: for the whole night, for the inventory part. */
const table: Record<Before, Record<BatchEvent, readonly [night: string, inventory: string]>> = {
  '': { start: ['r', 'ri'], end: ['', ''], warn: ['w', 'w'] },
  w: { start: ['r', 'ri'], end: ['', 'w'], warn: ['w', 'w'] },
  r: { start: ['r', 'ri'], end: ['', 'r'], warn: [NO, 'rw'] },
  ri: { start: ['ri', 'ri'], end: ['', 'r'], warn: [NO, NO] },
  ric: { start: ['ric', 'ric'], end: ['', 'rc'], warn: [NO, NO] },
  riw: { start: ['ri', 'ri'], end: ['', 'rw'], warn: [NO, NO] },
}

describe.for(Object.keys(table) as Before[])('from "%s"', (before) => {
  test.for(BATCH_EVENTS)('%s makes what the table says, of the night and of a part', (event) => {
    const after = (part: BatchPart | undefined) => {
      const changed = changeBatch(status(before), event, part)
      return typeof changed === 'string' ? NO : letters(changed)
    }
    expect([after(undefined), after('inventory')]).toEqual(table[before][event])
  })
})

test('a service is refused while its part of the night runs, or any part', () => {
  const [any, costing] = ['webhooks/manage', 'webhooks/manage:costing'].map((text) =>
    parseBatchRefusal(text)!,
  )
  expect(['', 'w', 'r', 'ri', 'c'].map((now) => isRefused(any!, status(now)))).toEqual([
    false,
    false,
    true,
    true,
    true,
  ])
  expect(['', 'r', 'ri', 'rc'].map((now) => isRefused(costing!, status(now)))).toEqual([
    false,
    false,
    false,
    true,
  ])
  expect(parseBatchRefusal('webhooks/manage:lunch')).toBeUndefined()
})

describe('while the batch runs', async () => {
  const database = await testDatabase()
  const { get, send } = await serveAll(database, {
    'batch.refuseWrites': ['webhooks/manage:inventory', 'webhook/credential/manage'],
    'batch.retryAfterSeconds': 60,
  })
  const put = async (path: string) => {
    const { status, headers, body } = await send('PUT', `${OPERATIONS}/${path}`, {})
    return [status, headers.get('retry-after'), body.message]
  }
  const invalid = [400, null, 'Error found in validation of input payload']
  const indicators = async () => Object.values((await get(`${OPERATIONS}/batchRunStatus`)).body).join('')

  test('the listed write services answer 503 with Retry-After, and reading goes on', async () => {
    expect([await put('webhooks/manage'), await put('webhook/credential/manage')]).toEqual([invalid, invalid])
    await changeBatchStatus(database.db, 'start', undefined)
    expect(await indicators()).toBe('YNNN')
    expect(await put('webhooks/manage')).toEqual(invalid)
    expect(await put('webhook/credential/manage')).toEqual([
      ...[503, '60'],
      'webhook/credential/manage is not available while the nightly batch runs; try again in 60 seconds',
    ])
    await changeBatchStatus(database.db, 'start', 'inventory')
    expect(await indicators()).toBe('YYNN')
    expect(await put('webhooks/manage')).toEqual([
      ...[503, '60'],
      'webhooks/manage is not available while the nightly inventory batch runs; try again in 60 seconds',
    ])
    expect((await get(`${OPERATIONS}/webhooks`)).status).toBe(200)
    await changeBatchStatus(database.db, 'end', undefined)
    expect([await put('webhooks/manage'), await put('webhook/credential/manage')]).toEqual([invalid, invalid])
  })

  test('a warning is shown until the batch starts', async () => {
    await changeBatchStatus(database.db, 'warn', undefined)
    expect(await indicators()).toBe('NNNY')
    await changeBatchStatus(database.db, 'start', undefined)
    expect(await indicators()).toBe('YNNN')
    await expect(changeBatchStatus(database.db, 'warn', undefined)).rejects.toThrow(
      'The nightly batch runs already.',
    )
  })

  test('a service that is none of ours stops the start and is named', async () => {
    const start = testApp(database.url, { 'batch.refuseWrites': ['webhook/manage'] }, { role: 'api' })
    await expect(start).rejects.toThrow(
      'batch.refuseWrites names webhook/manage, which no write service ends in',
    )
  })
})
