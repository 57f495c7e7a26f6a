import { expect, test } from 'vitest'
import { runCommand, testDatabase, scratch } from '../support/index.ts'
import { expectInLine, liveKeys } from './support.ts'

const database = await testDatabase()
const sincewire = (...args: string[]) =>
  runCommand(args, { env: { DATABASE_URL: database.url, SINCEWIRE_DATA_DIR: scratch() } })

test('capture, rebuild and uncapture do their work and tell the result', async () => {
  await database.run(`create table public.account (aid int, branch text, "Balance" numeric, primary key (branch, aid));
    insert into public.account select g, 'b' || g % 3, g from generate_series(1, 100) g`)
  const capture = [
    'capture',
    '--service',
    'bench/account',
    '--table',
    'public.account',
    '--key',
    'branch,aid',
  ]
  const shaped = ['--rename', 'Balance=amount', '--title', 'Accounts', '--filter', 'branch=branch', '--wake']
  expect(await sincewire(...capture, ...shaped)).toMatchObject({
    ...{ code: 0, stdout: 'bench/account publishes public.account: 100 records loaded\n', stderr: '' },
  })
  expect(
    await database.run('select title, filters, wake_on_commit, key_parts from sincewire.merchapi_config'),
  ).toEqual([
    {
      title: 'Accounts',
      filters: [{ name: 'branch', path: '$.branch' }],
      wake_on_commit: true,
      key_parts: ['branch', 'aid'],
    },
  ])
  const fresh = `select branch || ',' || aid, row_to_json(x)::text from (select aid, branch, "Balance" as amount from public.account) x`
  await expectInLine(database, 'bench_account', fresh)
  expect(await sincewire(...capture, ...shaped)).toMatchObject({
    code: 0,
    stdout: 'bench/account publishes public.account so already\n',
  })

  await database.run(
    'alter table public.account disable trigger user; delete from public.account where aid > 50',
  )
  expect(await sincewire('rebuild', '--service', 'bench/account', '--silent')).toMatchObject({
    ...{ code: 0, stdout: 'bench/account is rebuilt: 50 records written\n' },
  })
  expect(await liveKeys(database, 'bench_account')).toHaveLength(50)
  expect(await sincewire('uncapture', '--service', 'bench/account')).toMatchObject({
    code: 0,
    stdout: 'bench/account is no longer published\n',
  })
})

test('what is refused ends with 1 and a sentence, what is not understood with 2', async () => {
  const refused = await sincewire('capture', '--service', 'x', '--table', 'public.nothing', '--key', 'id')
  expect(refused).toMatchObject({
    code: 1,
    stdout: '',
    stderr: 'The service x cannot be captured\n  x: there is no table public.nothing\n',
  })
  for (const args of [
    ['--key', 'a,'],
    ['--key', 'a', '--rename', 'a'],
    ['--key', 'a', '--filter', 'x'],
    [],
  ]) {
    expect(await sincewire('capture', '--service', 'x', '--table', 'public.t', ...args)).toMatchObject({
      code: 2,
      stdout: '',
    })
  }
  expect(await sincewire('uncapture', '--service', 'x')).toMatchObject({ code: 1 })
  expect((await sincewire('capture', '--help')).stdout).toContain('--watch <table:expressions>')
})
