import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadMasterKey } from '../../src/secrets/masterKey.ts'
import { createVault } from '../../src/secrets/vault.ts'
import { scratch } from '../support/index.ts'

const key = randomBytes(32)
const vault = createVault({ key })

describe('the vault', () => {
  test('opens what it sealed, whatever text and context', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, context) => {
        expect(vault.open(vault.seal(text, context), context)).toBe(text)
      }),
    )
  })

  test('never seals twice alike, and the text is not in what it seals', () => {
    const sealed = Array.from({ length: 100 }, () => vault.seal('hunter2', 'a').toString('hex'))
    expect(new Set(sealed).size).toBe(100)
    expect(sealed.join()).not.toContain(Buffer.from('hunter2').toString('hex'))
  })

  test('opens nothing with another context, another key, a changed or a cut byte', () => {
    const sealed = vault.seal('hunter2', 'credential/A/APIKEY')
    const refusal = 'A stored secret cannot be opened with this master key.'
    expect(() => vault.open(sealed, 'credential/B/APIKEY')).toThrow(refusal)
    expect(() => createVault({ key: randomBytes(32) }).open(sealed, 'credential/A/APIKEY')).toThrow(refusal)
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed)
      changed[at] = changed[at]! ^ 1
      expect(() => vault.open(changed, 'credential/A/APIKEY')).toThrow(refusal)
      expect(() => vault.open(sealed.subarray(0, at), 'credential/A/APIKEY')).toThrow(refusal)
    }
  })

  test('names its key by eight hex digits that do not tell it', () => {
    expect(vault.keyId).toMatch(/^[0-9a-f]{8}$/)
    expect(createVault({ key }).keyId).toBe(vault.keyId)
    expect(createVault({ key: randomBytes(32) }).keyId).not.toBe(vault.keyId)
    expect(key.toString('hex')).not.toContain(vault.keyId)
  })
})

describe('the master key', () => {
  test('is the setting when there is one, and then no file is made', async () => {
    const file = join(scratch(), 'master.key')
    expect(await loadMasterKey({ setting: key, file })).toEqual(key)
    expect(existsSync(file)).toBe(false)
  })

  test('is otherwise made once, in a file that only its owner may read, and read from there', async () => {
    const folder = join(scratch(), 'not-yet-there')
    const file = join(folder, 'master.key')
    const made = await loadMasterKey({ setting: undefined, file })
    expect(made).toHaveLength(32)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(await loadMasterKey({ setting: undefined, file })).toEqual(made)
    expect(readdirSync(folder)).toEqual(['master.key'])
  })

  test('is the same for processes that start at once', async () => {
    const file = join(scratch(), 'master.key')
    const keys = await Promise.all(
      Array.from({ length: 10 }, () => loadMasterKey({ setting: undefined, file })),
    )
    expect(new Set(keys.map((each) => each.toString('hex'))).size).toBe(1)
  })

  test('is never replaced: a damaged file stops the start with a sentence that names it', async () => {
    const file = join(scratch(), 'master.key')
    writeFileSync(file, 'too short\n')
    chmodSync(file, 0o600)
    await expect(loadMasterKey({ setting: undefined, file })).rejects.toThrow(
      `The master key file ${file} is damaged`,
    )
    expect(readFileSync(file, 'utf8')).toBe('too short\n')
  })

  test('that can be neither read nor written stops the start with a sentence that names the file', async () => {
    const blocker = join(scratch(), 'file')
    writeFileSync(blocker, '')
    const inside = join(blocker, 'master.key')
    await expect(loadMasterKey({ setting: undefined, file: inside })).rejects.toThrow(
      `The master key file ${inside} cannot be read.`,
    )
    const device = '/proc/self/master.key'
    await expect(loadMasterKey({ setting: undefined, file: device })).rejects.toThrow(
      `The master key file ${device} cannot be written.`,
    )
  })
})
