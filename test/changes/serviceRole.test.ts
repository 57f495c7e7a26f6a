import pg from 'pg'
import { beforeAll, describe, expect, test } from 'vitest'
import { OPERATIONS } from '../administration/harness.ts'
import { manageCredential, manageListener } from '../support/api.ts'
import {
  cleanUp,
  eventually,
  fetchAsAdmin,
  receiver,
  runCommand,
  scratch,
  startService,
  testDatabase,
} from '../support/index.ts'
import { subject, watchLog } from './harness.ts'

/** An owner that may make things in a database, and a role that may only log in. */
const database = await testDatabase({ empty: true })
const [owner, service] = [`${database.name}_owner`, `${database.name}_service`]
const password = 'hunter2'
const dataDir = scratch()
const env = (role: string) => ({
  DATABASE_URL: database.urlFor(role, password),
  SINCEWIRE_DATA_DIR: dataDir,
  SINCEWIRE_TARGETS_ALLOW_HTTP: '127.0.0.1',
})
const as = (role: string, ...args: readonly string[]) => runCommand(args, { env: env(role) })

cleanUp(() => database.run(`drop owned by ${service}, ${owner} cascade; drop role ${service}, ${owner}`))

beforeAll(async () => {
  await database.run(`
    create role ${owner} login password '${password}'; create role ${service} login password '${password}';
    grant create on database ${database.name} to ${owner};
    create schema shop authorization ${owner}; set role ${owner};
    create table shop.account (id int primary key, owner text); insert into shop.account values (1, 'a')`)
  const account = ['--service', 'shop/account', '--table', 'shop.account', '--key', 'id']
  for (const args of [
    ['migrate', '--service-role', service],
    ['capture', ...account],
  ]) {
    const { code, stderr } = await as(owner, ...args)
    if (code !== 0) throw new Error(stderr)
  }
})

describe('a role that owns nothing', () => {
  test('runs the whole service: registers, captures from then on, delivers, refreshes, prunes; and is logged', async () => {
    const running = startService({ env: env(service) })
    const url = await running.ready
    const target = await receiver()
    const logged = watchLog(database)
    const entries = await logged(async () => {
      await manageCredential(url, { credentialName: 'K', credentialType: 'APIKEY', apikey: 'x' })
      const listener = { service: 'shop/account', credentialName: 'K', listenerUrl: `${target.url}/` }
      await manageListener(url, { ...listener, includePayload: 'Y', intervalSeconds: 1 })
      await target.waitFor((calls) => calls.some(({ body }) => body.includes('"owner":"a"')))
      await database.run(`set role ${owner}; update shop.account set owner = 'b'`)
      await target.waitFor((calls) => calls.some(({ body }) => body.includes('"owner":"b"')))
      const refresh = { service: 'shop/account', action: 'REFRESH', refreshType: 'REBUILD', keys: ['1'] }
      await fetchAsAdmin(`${url}${OPERATIONS}/refresh/manage`, {
        method: 'POST',
        body: JSON.stringify(refresh),
        headers: { 'content-type': 'application/json' },
      })
      await eventually(async () => {
        const [request] = await database.run('select status, error from sincewire.refresh_request')
        return request?.['status'] === 'DONE'
      })
    })
    expect(entries.map(subject)).toEqual([
      ...['CREATE credential K', 'CREATE listener shop/account', 'CREATE refreshRequest shop/account'],
    ])
    expect(entries[0]).toMatchObject({ login: service, address: '127.0.0.1', application: 'sincewire api' })
    expect(await as(service, 'prune')).toMatchObject({ code: 0, stderr: '' })
    expect(await as(service, 'batch', 'start')).toMatchObject({ code: 0, stderr: '' })
    expect(running.lines.filter(({ level }) => ['warn', 'error', 'fatal'].includes(String(level)))).toEqual(
      [],
    )
    expect(await running.stop()).toMatchObject({ code: 0, stderr: '' })
  })

  test('can neither write the log of changes, nor switch off what writes it, nor what is not logged', async () => {
    const [entry] = await database.run('select count(*)::int as n from sincewire.change_log')
    const client = new pg.Client({ connectionString: database.urlFor(service, password) })
    await client.connect()
    cleanUp(() => client.end())
    const denied = async (text: string) => {
      const told = client.query(text).then(
        () => 'done',
        (error: Error) => error.message,
      )
      expect([text, await told]).toEqual([
        text,
        expect.stringMatching(/permission denied|must be owner|can grant/),
      ])
    }
    for (const text of [
      `update sincewire.change_log set actor = 'x'`,
      'delete from sincewire.change_log',
      'truncate sincewire.change_log',
      `insert into sincewire.change_log (object_kind, object_name, operation) values ('a', 'b', 'c')`,
      'drop table sincewire.change_log',
      'alter table sincewire.change_log disable trigger keep_changes',
      'alter table sincewire.listener disable trigger log_change_update',
      'drop trigger log_change_update on sincewire.listener',
      'truncate sincewire.listener',
      'set session_replication_role = replica',
      `create or replace function sincewire.keep_changes() returns trigger language plpgsql as 'begin return new; end'`,
      `select sincewire.prune_changes('0')`,
      `select sincewire.grant_service('${service}')`,
      `set role ${owner}`,
      'create table sincewire.mine ()',
      `update sincewire.capture set deferred = true`,
      `delete from sincewire.migration`,
    ]) {
      await denied(text)
    }
    expect(await database.run('select count(*)::int as n from sincewire.change_log')).toEqual([entry])
    const refused = await as(service, 'changes', 'prune', '--older-than-days', '1')
    expect(refused).toMatchObject({
      code: 1,
      stderr: 'Only the owner of the log of changes may remove entries from it.\n',
    })
    expect(await as(owner, 'changes', 'prune', '--older-than-days', '1')).toMatchObject({
      code: 0,
      stdout: '0 entries are removed\n',
    })
  })

  test('cannot capture, and is told to migrate by the owner when the schema is older', async () => {
    await database.run(`set role ${owner}; create table shop.other (id int primary key)`)
    const refused = await as(
      service,
      'capture',
      ...['--service', 'shop/other', '--table', 'shop.other', '--key', 'id'],
    )
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot be captured') })
    const [ran] = await database.run(`delete from sincewire.migration where name like '0012%' returning *`)
    expect(await as(service, 'serve')).toMatchObject({
      code: 1,
      stderr: `The database has to be migrated by ${owner}, its owner: sincewire migrate --service-role with the name of this one.\n`,
    })
    await database.run(`insert into sincewire.migration values ('${String(ran!['name'])}', now())`)
  })

  test('is not made of a superuser, the owner, a member of the owner or nobody', async () => {
    const [{ me } = { me: '' }] = (await database.run('select current_user as me')) as { me: string }[]
    const refusedFor = async (role: string) => {
      const attempt = database.run(`set role ${owner}; select sincewire.grant_service('${role}')`)
      return attempt.then(String, (error: Error) => error.message)
    }
    expect(await refusedFor(me)).toMatch('it is a superuser')
    expect(await refusedFor(owner)).toMatch('it is, or may become')
    expect(await refusedFor('no"body')).toMatch('there is no such role')
    await database.run(`grant ${owner} to ${service}`)
    expect(await refusedFor(service)).toMatch('it is, or may become')
    await database.run(`revoke ${owner} from ${service}`)
  })
})
