import { describe, expect, test } from 'vitest'
import { commands } from '../../src/cli/index.ts'
import { runCommand } from '../support/index.ts'

describe('the command line', () => {
  test('helps without settings, a database or anything else', async () => {
    const env = { SINCEWIRE_NONSENSE: '1' }
    const help = await runCommand(['--help'], { env })
    expect(help).toMatchObject({ code: 0, stderr: '' })
    const names = [...help.stdout.matchAll(/^ {2}([a-z]+) .*/gm)]
      .map(([, name]) => name!)
      .filter((name) => name !== 'help')
    expect(names).toHaveLength(commands.length)
    for (const name of names) {
      const { code, stdout } = await runCommand([name, '--help'], { env })
      expect([name, code, stdout.split('\n')[0]]).toEqual([
        name,
        0,
        expect.stringContaining(`Usage: sincewire ${name}`),
      ])
    }
  })

  test('that is not understood ends with exit code 2 and says why on stderr', async () => {
    for (const args of [
      ['bogus'],
      ['serve', '--bogus'],
      ['serve', '--role', 'king'],
      ['serve', 'extra'],
      [],
    ]) {
      const { code, stdout, stderr } = await runCommand(args)
      expect([args, code, stdout]).toEqual([args, 2, ''])
      expect(stderr).toMatch(/^(error: |Usage: )/)
    }
  })
})
