import { expect, test } from 'vitest'
import { captureTable } from '../../src/services/capture/index.ts'
import { OPERATIONS, serveAll } from '../administration/harness.ts'
import { runCommand, scratch, testDatabase } from '../support/index.ts'
import { catchUp } from './support.ts'

const database = await testDatabase()
const service = 'odd/thing'
const { get } = await serveAll(database)
const sincewire = (...args: string[]) =>
  runCommand(args, { env: { DATABASE_URL: database.url, SINCEWIRE_DATA_DIR: scratch() } })

test('the jobs show what steers them, what waits and what could not be made, over REST and on the command line', async () => {
  await database.run(`create table public.odd (id int primary key, n int not null);
    create view public.odd_doc as select id, json_build_object('id', id, 'share', 100 / n) as doc from public.odd`)
  const captured = await sincewire(
    'capture',
    '--service',
    service,
    '--table',
    'public.odd',
    '--key',
    'id',
    '--view',
    'public.odd_doc',
    '--deferred',
  )
  expect(captured).toMatchObject({ code: 0, stdout: 'odd/thing publishes public.odd: 0 records loaded\n' })
  await database.run('insert into public.odd values (1, 0)')
  await catchUp(database, service, 1)
  await database.run('insert into public.odd values (2, 5)')

  const { body } = await get(`${OPERATIONS}/processes`)
  expect(body.items.map((job: { JobName: string }) => job.JobName)).toEqual([
    'delta/odd/thing',
    'prune',
    'refresh',
  ])
  expect(body.items[0]).toMatchObject({
    ...{ service, numThreads: 2, archiveInd: 'N', lastError: null },
    delta: {
      ...{ waiting: 1, oldest: expect.stringMatching(/Z$/), failing: 1 },
      failures: [{ key: '1', tries: 1, error: 'division by zero', retryAt: null }],
    },
  })
  expect((await get(`${OPERATIONS}/processes?x=1`)).status).toBe(400)

  expect(await sincewire('jobs', 'set', 'delta/odd/thing', '--threads', '4', '--archive', 'Y')).toMatchObject(
    { code: 0 },
  )
  const listed = await sincewire('jobs', 'list')
  expect(listed.stdout).toContain(
    'delta/odd/thing: numThreads 4, numDataToProcess 50000, commitMaxCtr 500, archiveInd Y\n  1 waiting since ',
  )
  expect(listed.stdout).toContain('    1: division by zero (1 tries, set aside)')
  await database.run(
    'update public.odd set n = 1 where false; alter table public.odd disable trigger user; update public.odd set n = 4 where id = 1; alter table public.odd enable trigger user',
  )
  expect(await sincewire('jobs', 'retry', '--service', service)).toMatchObject({
    code: 0,
    stdout: 'odd/thing: 1 documents are tried again\n',
  })
  expect(await catchUp(database, service)).toEqual({ taken: 2, changed: 2, failed: 0 })
  expect(await sincewire('jobs', 'set', 'nothing')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('There is no background job nothing'),
  })
  expect(await sincewire('jobs', 'set', 'prune', '--threads', '0')).toMatchObject({ code: 2 })
  expect(await sincewire('prune')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('removed: ticks 0'),
  })
})

test('one service lists what is deferred: a redefinition keeps the settings, a capture without --deferred ends them', async () => {
  await captureTable(database.db, { service, table: 'public.odd', key: ['id'], deferred: true })
  expect((await get(`${OPERATIONS}/processes`)).body.items[0]).toMatchObject({
    JobName: 'delta/odd/thing',
    numThreads: 4,
  })
  await captureTable(database.db, { service, table: 'public.odd', key: ['id'] })
  expect((await get(`${OPERATIONS}/processes`)).body.count).toBe(2)
})
