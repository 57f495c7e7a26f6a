import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { eventually, isAlive, scratch, startService } from '../support/index.ts'

const run = promisify(execFile)
const checkout = fileURLToPath(new URL('../..', import.meta.url))
/** A shell that knows nothing of this run: npm and vitest leave marks in the environment. */
const marks =
  /^(npm_(lifecycle|package|command|config_local_prefix)|VITEST|NODE_OPTIONS|NODE_ENV|SINCEWIRE_|INIT_CWD)/
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !marks.test(name)))

test(
  'the packed tarball installs into an empty folder and serves from there',
  { timeout: 300_000 },
  async () => {
    const folder = scratch()
    await run('npm', ['pack', '--pack-destination', folder], { cwd: checkout, env })
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))!
    const home = join(folder, 'elsewhere')
    mkdirSync(home)
    await run('npm', ['init', '-y'], { cwd: home, env })
    await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', join(folder, tarball)], {
      cwd: home,
      env,
    })

    const dataDir = join(home, 'data')
    const npx = { command: ['npx', 'sincewire'] as const, cwd: home, env: { SINCEWIRE_DATA_DIR: dataDir } }
    const pid = () => (JSON.parse(readFileSync(join(dataDir, 'run.json'), 'utf8')) as { pid: number }).pid

    const service = startService(npx)
    const url = await service.ready
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok' })
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: 'ready' })
    process.kill(pid(), 'SIGTERM')
    expect(await service.ended).toMatchObject({ code: 0 })

    // npx itself ends by the signal and tells its shell alone: the service notices.
    const again = startService(npx)
    await again.ready
    const orphan = pid()
    await again.stop()
    await eventually(() => !isAlive(orphan))
  },
)

test('an old Node is told in one sentence what to do, or goes on with the one that npm brought', async () => {
  // As seen from the launcher; the Node that it may start instead is a real one.
  const pretend = `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'20.1.0'})`
  const alone = join(scratch(), 'sincewire.js')
  copyFileSync(join(checkout, 'src/sincewire.js'), alone)
  const launch = (file: string, ...args: string[]) =>
    run(process.execPath, ['--import', pretend, file, ...args], { env, cwd: '/' })

  await expect(launch(alone, '--version')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^Sincewire needs Node 24\.11 or newer, but this is Node 20\.1\.0: .*\n$/),
  })
  expect((await launch(join(checkout, 'src/sincewire.js'), '--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  await expect(launch(join(checkout, 'src/sincewire.js'), 'bogus')).rejects.toMatchObject({ code: 2 })
})
