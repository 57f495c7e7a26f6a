import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { runCommand, scratch, testDatabase } from '../support/index.ts'

const database = await testDatabase()
const env = { DATABASE_URL: database.url, SINCEWIRE_DATA_DIR: scratch() }

/** Exit code and what was said, on stdout when done and on stderr when not. */
const run = async (...args: string[]) => {
  const { code, stdout, stderr } = await runCommand(args, { env })
  return [code, (code === 0 ? stdout : stderr).trim()]
}

describe('on the command line', () => {
  test('a calendar is made, the date set in it and moved on, week and month rolling', async () => {
    expect(await run('vdate', 'show')).toEqual([1, 'The virtual business date is not set'])
    expect(
      await run('calendar', 'generate', '--from', '2026', '--years', '2', '--week-start', 'mon'),
    ).toEqual([...[0, 'The calendar has 2026 to 2027: 24 months.']])
    expect(await run('vdate', 'set', '2026-02-01')).toEqual([
      0,
      'vdate         2026-02-01\nend of week   2026-02-01 (today), before 2026-01-25\nend of month  2026-02-01 (today), before 2026-01-04',
    ])
    expect(await run('vdate', 'advance')).toEqual([
      0,
      'vdate         2026-02-02\nend of week   2026-02-08, before 2026-02-01\nend of month  2026-03-01, before 2026-02-01',
    ])
  })

  test('the batch is said to start, end and be near', async () => {
    expect(await run('batch', 'warn')).toEqual([
      0,
      'The nightly batch does not run; a batch is about to start.',
    ])
    expect(await run('batch', 'start', 'costing')).toEqual([0, 'The nightly batch runs: costing.'])
    expect(await run('batch', 'warn', 'costing')).toEqual([1, 'The costing batch runs already.'])
    expect(await run('batch', 'end')).toEqual([0, 'The nightly batch does not run.'])
  })

  test('options are set and shown', async () => {
    expect(await run('options', 'set', 'wfDefaultWh=1212', 'costMoney=7.5')).toEqual([
      0,
      'wfDefaultWh=1212\ncostMoney=7.5',
    ])
    expect(await run('options', 'set', 'wfDefaultWh=')).toEqual([0, 'wfDefaultWh='])
    expect(await run('options', 'get', 'costMoney', 'wfDefaultWh')).toEqual([
      0,
      'costMoney=7.5\nwfDefaultWh=',
    ])
    expect(await run('options', 'get', 'costmoney')).toEqual([
      1,
      expect.stringContaining('costmoney is not an option'),
    ])
  })

  test.for([
    ['calendar', 'generate', '--from', '1'],
    ['calendar', 'generate', '--from', '2020', '--week-start', 'tue'],
    ['vdate', 'set', '2026-02-30'],
    ['vdate', 'advance', '--days', '0'],
    ['batch', 'start', 'lunch'],
    ['options', 'set', 'costMoney'],
    ['load', 'codes'],
  ])('%s %s %s … is not understood', async (args) => {
    expect((await run(...args))[0]).toBe(2)
  })
})

test('the services that the batch refuses come from a list, in a file or a variable', () => {
  const refused = (value: string) =>
    loadConfig({ env: { SINCEWIRE_BATCH_REFUSE_WRITES: value } }).batch.refuseWrites
  expect(refused('webhooks/manage:inventory, webhook/credential/manage')).toEqual([
    { service: 'webhooks/manage', part: 'inventory' },
    { service: 'webhook/credential/manage', part: undefined },
  ])
  expect(() => refused('webhooks/manage:lunch')).toThrow(/batch\.refuseWrites .*must hold services such as/)
})
