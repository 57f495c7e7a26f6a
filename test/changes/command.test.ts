import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { asChanger } from '../../src/db/changer.ts'
import type { Changer } from '../../src/domain/change.ts'
import { eventually, runCommand, scratch, startService, testDatabase } from '../support/index.ts'

/** Somebody with a name that would like to write lines of its own. */
const person: Changer = {
  ...{
    actor: 'ann\n\u001B[2Jroot',
    role: 'admin',
    via: 'basic',
    address: '2001:db8::1',
    correlationId: 'c-1',
  },
}

/** A database with two entries: refresh had 2 threads, prune 1. */
async function withEntries() {
  const database = await testDatabase()
  const setThreads = (job: string, threads: number) =>
    asChanger(person, () =>
      sql`update merch.b8d_process_config set num_threads = ${threads} where job_name = ${job}`.execute(
        database.db,
      ),
    )
  await setThreads('refresh', 7)
  await setThreads('prune', 8)
  return { env: { DATABASE_URL: database.url, SINCEWIRE_DATA_DIR: scratch() }, setThreads }
}

test('changes are printed a line each, the latest last, and as JSON for programs', async () => {
  const { env } = await withEntries()
  const changes = (...args: readonly string[]) => runCommand(['changes', ...args], { env })
  const told = await changes()
  expect(told).toMatchObject({ code: 0, stderr: '' })
  const lines = told.stdout.trimEnd().split('\n')
  expect(lines.map((line) => line.slice(line.indexOf('Z') + 1))).toEqual([
    '  ann��[2Jroot (basic from 2001:db8::1)  UPDATE job refresh  num_threads 2 → 7',
    '  ann��[2Jroot (basic from 2001:db8::1)  UPDATE job prune  num_threads 1 → 8',
  ])
  const json = await changes('--json', '--object', 'job:prune', '--actor', person.actor, '--limit', '5')
  expect(JSON.parse(json.stdout)).toMatchObject({
    ...{ actor: person.actor, address: '2001:db8::1', correlationId: 'c-1', objectName: 'prune' },
    ...{ before: { num_threads: 1 }, after: { num_threads: 8 } },
  })
  expect(await changes('--actor', 'ann')).toMatchObject({ code: 0, stdout: '' })
  expect(await changes('--since', 'yesterday')).toMatchObject({ code: 2 })
})

test('--follow goes on with what is changed from then on, until it is stopped', async () => {
  const { env, setThreads } = await withEntries()
  const following = startService({ args: ['changes', '--follow', '--json', '--object', 'job'], env })
  const lines = () => following.printed().trimEnd().split('\n')
  await eventually(() => lines().length === 2)
  await setThreads('refresh', 9)
  await eventually(() => lines().length === 3)
  expect(JSON.parse(lines()[2]!)).toMatchObject({ objectName: 'refresh', after: { num_threads: 9 } })
  expect(await following.stop()).toMatchObject({ code: 0, stderr: '' })
})
