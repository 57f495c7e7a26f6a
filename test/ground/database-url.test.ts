import { expect, test } from 'vitest'
import { checkServer, SCHEMAS } from '../../src/db/check.ts'
import { isMigrated, migrate } from '../../src/db/migrate.ts'
import { eventually, runCommand, scratch, startService, testDatabase } from '../support/index.ts'

const password = 'hunter2'
let people = 0

/** A database without our schemas, and a role that may only connect to it. */
async function strangers() {
  const database = await testDatabase({ empty: true })
  const role = `${database.name}_app${people++}`
  await database.run(`create role ${role} login password '${password}'`)
  return { database, role, url: database.urlFor(role, password), run: database.run }
}

test('a service on a given database makes its schema there and runs no PostgreSQL of its own', async () => {
  const { role, url, run, database } = await strangers()
  await run(`grant create on database ${database.name} to ${role}`)
  const service = startService({ env: { DATABASE_URL: url, SINCEWIRE_DATA_DIR: scratch() } })
  await service.ready
  expect(await isMigrated(database.db)).toBe(true)
  expect(await service.stop()).toMatchObject({ code: 0, stderr: '' })
})

test('missing privileges are said one by one, each with the grant that helps', async () => {
  const { role, url, run, database } = await strangers()
  await expect(checkServer(url)).rejects.toThrow(
    `The database user ${role} lacks CREATE on database ${database.name} (grant create on database ${database.name} to ${role}).`,
  )
  await migrate(database.db)
  for (const schema of SCHEMAS) {
    await run(`create schema if not exists ${schema}; grant all on schema ${schema} to ${role};
      grant select, insert, update, delete on all tables in schema ${schema} to ${role}`)
  }
  await run(
    // The queues are still to be made; the log of changes needs no more than to be read.
    `revoke create on schema sincewire, sincewire_jobs from ${role}; revoke update on sincewire.change_log from ${role};
     revoke delete on sincewire.listener from ${role}`,
  )
  await expect(checkServer(url)).rejects.toThrow(
    `The database user ${role} lacks CREATE on schema sincewire_jobs (grant create on schema sincewire_jobs to ${role}); DELETE on table sincewire.listener (grant delete on table sincewire.listener to ${role}).`,
  )
  await run(`grant create on schema sincewire_jobs to ${role}; grant delete on sincewire.listener to ${role}`)
  await expect(checkServer(url)).resolves.toBeUndefined()
})

test('a database that cannot be reached or used stops the start with one sentence without the password', async () => {
  const { url, database } = await strangers()
  const refusedBy = async (databaseUrl: string) => {
    const ended = await runCommand(['serve'], {
      env: { DATABASE_URL: databaseUrl, SINCEWIRE_DATA_DIR: scratch() },
    })
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(ended.stderr).not.toContain(password)
    return ended.stderr
  }
  const nowhere = Object.assign(new URL(url), { port: '1' }).href
  expect(await refusedBy(nowhere)).toBe(
    `The database 127.0.0.1:1/${database.name} cannot be reached: connect ECONNREFUSED 127.0.0.1:1.\n`,
  )
  expect(await refusedBy(url.replace(/\w+:hunter2/, 'nobody:hunter2'))).toMatch(
    /password authentication failed for user "nobody"\.\n$/,
  )
  expect(await refusedBy(url)).toMatch(/^The database user \S+ lacks CREATE on database /)
})

test('readiness follows the database', async () => {
  const { role, url, run, database } = await strangers()
  await run(`grant create on database ${database.name} to ${role}`)
  const service = startService({ env: { DATABASE_URL: url, SINCEWIRE_DATA_DIR: scratch() } })
  const api = await service.ready
  const ready = async () => {
    const answer = await fetch(`${api}/readyz`)
    return [answer.status, await answer.json()]
  }
  expect(await ready()).toEqual([200, { status: 'ready' }])
  await run(
    `alter role ${role} nologin; select pg_terminate_backend(pid) from pg_stat_activity where usename = '${role}'`,
  )
  await eventually(async () => (await ready())[0] === 503)
  expect(await ready()).toEqual([503, { status: 'database does not answer' }])
  await run(`alter role ${role} login`)
  await eventually(async () => (await ready())[0] === 200)
  await service.stop()
})
