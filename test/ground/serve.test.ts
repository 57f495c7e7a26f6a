import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { eventually, isAlive, runCommand, scratch, startService } from '../support/index.ts'

/** What the service keeps to itself must not be readable by others. */
const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8)

function postmasterPid(dataDir: string): number {
  return Number.parseInt(readFileSync(join(dataDir, 'postgres/data/postmaster.pid'), 'utf8'), 10)
}

describe('a service on a fresh data folder', async () => {
  const dataDir = join(scratch(), 'data')
  const env = { SINCEWIRE_DATA_DIR: dataDir }
  const service = startService({ env })
  const url = await service.ready

  test('is ready once everything runs, and keeps its secrets to itself', async () => {
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: 'ready' })
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok' })
    for (const file of ['superuser', 'run.json', 'master.key', 'lock']) {
      expect([file, modeOf(join(dataDir, file))]).toEqual([file, '600'])
    }
  })

  test('does not let a second one in', async () => {
    const second = await runCommand(['serve'], { env })
    expect(second.stderr).toBe(
      `Another Sincewire (process ${service.pid}) is using the data folder ${dataDir}.\n`,
    )
    expect(second.code).toBe(1)
  })

  test('shares its database with commands', async () => {
    const migrated = await runCommand(['migrate'], { env })
    expect(migrated).toMatchObject({ code: 0, stdout: expect.stringContaining('is up to date') })
  })
})

test('killed by -9 leaves no PostgreSQL behind, and the next start recovers by itself', async () => {
  const dataDir = join(scratch(), 'data')
  const env = { SINCEWIRE_DATA_DIR: dataDir }
  const service = startService({ env })
  await service.ready
  const postmaster = postmasterPid(dataDir)
  service.kill('SIGKILL')
  await service.ended
  await eventually(() => !isAlive(postmaster))

  const next = startService({ env })
  await next.ready
  const nextPostmaster = postmasterPid(dataDir)
  expect(await next.stop()).toMatchObject({ code: 0, stderr: '' })
  expect(isAlive(nextPostmaster)).toBe(false)
})

test('is refused its folder by another major version of PostgreSQL', async () => {
  const dataDir = join(scratch(), 'data')
  const env = { SINCEWIRE_DATA_DIR: dataDir }
  const service = startService({ env })
  await service.ready
  await service.stop()
  writeFileSync(join(dataDir, 'postgres/data/PG_VERSION'), '13\n')
  const refused = await runCommand(['serve'], { env })
  expect(refused.stderr).toMatch(
    /^The data folder \S+ was made by PostgreSQL 13, but this is PostgreSQL \d+: .*\n$/,
  )
  expect(refused.code).toBe(1)
})

test('a service that starts right after a kill -9 waits for what the dead one left', async () => {
  const env = { SINCEWIRE_DATA_DIR: join(scratch(), 'data') }
  let service = startService({ env })
  for (let round = 0; round < 3; round++) {
    await service.ready
    service.kill('SIGKILL')
    service = startService({ env })
  }
  await service.ready
  expect((await service.stop()).code).toBe(0)
})

test('Ctrl-C, which the terminal sends to every process of the group, ends it as cleanly as SIGTERM', async () => {
  const launcher = fileURLToPath(new URL('../../src/sincewire.js', import.meta.url))
  const service = startService({
    command: ['setsid', process.execPath, launcher],
    env: { SINCEWIRE_DATA_DIR: join(scratch(), 'data') },
  })
  await service.ready
  process.kill(-service.pid, 'SIGINT')
  expect(await service.ended).toMatchObject({ code: 0, stderr: '' })
  expect(service.lines.filter(({ level }) => level !== 'info')).toEqual([])
})

test('a service whose PostgreSQL is killed says so, ends with exit code 1, and recovers at the next start', async () => {
  const dataDir = join(scratch(), 'data')
  const env = { SINCEWIRE_DATA_DIR: dataDir }
  const service = startService({ env })
  await service.ready
  process.kill(postmasterPid(dataDir), 'SIGKILL')
  const ended = await service.ended
  expect(ended.stderr).toMatch(/^Sincewire stops: the database ended/)
  expect(ended.code).toBe(1)
  const next = startService({ env })
  await next.ready
  expect((await next.stop()).code).toBe(0)
})

test('a port in use stops the start with one sentence', async () => {
  const occupant = createServer().listen(0, '127.0.0.1')
  afterAll(() => void occupant.close())
  await once(occupant, 'listening')
  const { port } = occupant.address() as { port: number }
  const env = { SINCEWIRE_DATA_DIR: join(scratch(), 'data'), SINCEWIRE_PORT: String(port) }
  const refused = await runCommand(['serve'], { env })
  expect(refused.stderr).toBe(
    `The API cannot listen on 127.0.0.1:${port}: the port is in use; stop what uses it, or choose another with SINCEWIRE_PORT.\n`,
  )
  expect(refused.code).toBe(1)
})

test('an unwritable data folder stops the start with one sentence', async () => {
  const file = join(scratch(), 'file')
  writeFileSync(file, '')
  const locked = join(scratch(), 'locked')
  mkdirSync(locked, { mode: 0o500 })
  // Root may write anywhere; below a file nobody can.
  const dataDir = process.getuid?.() === 0 ? join(file, 'data') : join(locked, 'data')
  const refused = await runCommand(['serve'], { env: { SINCEWIRE_DATA_DIR: dataDir } })
  expect(refused.stderr).toMatch(/^The data folder \S+ cannot be written \((ENOTDIR|EACCES)\): .*\n$/)
  expect(refused.code).toBe(1)
})
