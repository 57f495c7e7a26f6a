import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { eventually, runCommand, scratch, startService } from '../support/index.ts'

// Node keeps its compiled modules there.
const leftIn = (folder: string) => readdirSync(folder).filter((name) => name !== 'node-compile-cache')

test('the demo ends by itself with the receiver equal to the tables, and leaves nothing behind', async () => {
  const TMPDIR = scratch()
  const { code, stdout, stderr } = await runCommand(['demo', '--seconds', '4'], { env: { TMPDIR } })
  expect({ code, stderr, left: leftIn(TMPDIR) }).toEqual({ code: 0, stderr: '', left: [] })
  const told = ['HEARTBEAT', 'PAYLOAD', 'EVENT', 'pulled', 'answered 503', 'replay']
  expect(told.filter((word) => !stdout.includes(word))).toEqual([])
  expect(stdout.match(/^.*in the tables: equal$/gm)).toHaveLength(2)
  expect(stdout).toMatch(/^windows .* 0 gaps$/m)
  expect(stdout).toMatch(/^order {7}0 records older/m)
})

test.each(['Starting', 'Loading', '  row  '])('Ctrl-C ends the demo cleanly (%s)', async (stage) => {
  const TMPDIR = scratch()
  const demo = startService({ args: ['demo', '--seconds', '600'], env: { TMPDIR } })
  await eventually(() => demo.printed().includes(stage), 45_000)
  demo.kill('SIGINT')
  const { code, stderr } = await demo.ended
  expect({ code, stderr, left: leftIn(TMPDIR) }).toEqual({ code: 0, stderr: '', left: [] })
})
