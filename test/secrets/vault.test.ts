import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { keyFile } from '../../src/secrets/keyFile.ts'
import { findMasterKeys, makeMasterKey } from '../../src/secrets/masterKey.ts'
import { createVault, keyIdOf } from '../../src/secrets/vault.ts'
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

describe('a vault with several keys', () => {
  const other = randomBytes(32)
  const old = createVault({ key: other })

  test('opens what any of them sealed, and seals with the first', () => {
    const both = createVault({ key, previous: [other] })
    expect(both.keyIds).toEqual([keyIdOf(key), keyIdOf(other)])
    expect(both.open(old.seal('hunter2', 'a'), 'a')).toBe('hunter2')
    expect(vault.open(both.seal('hunter2', 'a'), 'a')).toBe('hunter2')
  })

  test('seals anew what another key sealed, and nothing else', () => {
    const both = createVault({ key, previous: [other] })
    expect(both.reseal(vault.seal('hunter2', 'a'), 'a')).toBeUndefined()
    const anew = both.reseal(old.seal('hunter2', 'a'), 'a')
    expect(vault.open(anew!, 'a')).toBe('hunter2')
    expect(() => both.reseal(old.seal('hunter2', 'a'), 'b')).toThrow('cannot be opened')
  })

  test('goes over to the keys that it reads, keeps those it had, and survives a reading that gives none', () => {
    let keys: readonly Buffer[] | undefined = [other]
    const running = createVault({ key: other, reread: () => keys })
    const before = running.seal('before', 'a')
    keys = [key, other]
    expect(running.open(vault.seal('theirs', 'a'), 'a')).toBe('theirs')
    expect(vault.open(running.seal('ours', 'a'), 'a')).toBe('ours')
    expect(running.keyId).toBe(keyIdOf(key))
    for (keys of [[key], undefined]) {
      expect(running.open(before, 'a')).toBe('before')
      expect(vault.open(running.seal('ours', 'a'), 'a')).toBe('ours')
    }
  })
})

describe('the master key', () => {
  const place = () => join(scratch(), 'master.key')
  const inFile = (file: string) => readFileSync(file, 'utf8').trim()

  test('is the setting when there is one, and then no file is made', async () => {
    const file = place()
    const { vault, file: none } = await makeMasterKey({ setting: key, file })
    expect([vault.keyId, none, existsSync(file)]).toEqual([keyIdOf(key), undefined, false])
  })

  test('is otherwise made once, in a file that only its owner may read, and read from there', async () => {
    const folder = join(scratch(), 'not-yet-there')
    const file = join(folder, 'master.key')
    expect(findMasterKeys({ setting: undefined, file })).toBeUndefined()
    expect(existsSync(folder)).toBe(false)
    const made = await makeMasterKey({ setting: undefined, file })
    expect(Buffer.from(inFile(file), 'base64')).toHaveLength(32)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect((await makeMasterKey({ setting: undefined, file })).vault.keyId).toEqual(made.vault.keyId)
    expect(readdirSync(folder)).toEqual(['master.key'])
  })

  test('is the same for processes that start at once', async () => {
    const file = place()
    const made = await Promise.all(
      Array.from({ length: 10 }, () => makeMasterKey({ setting: undefined, file })),
    )
    expect(new Set(made.map(({ vault }) => vault.keyId)).size).toBe(1)
  })

  test('of a rotation stands before the old one, which leaves to a file of its own', async () => {
    const file = place()
    await makeMasterKey({ setting: undefined, file })
    const old = inFile(file)
    await keyFile(file).add(key)
    expect(readFileSync(file, 'utf8')).toBe(`${key.toString('base64')}\n${old}\n`)
    const [to] = await keyFile(file).retire()
    expect([inFile(file), inFile(to!)]).toEqual([key.toString('base64'), old])
    for (const each of [file, to!]) expect(statSync(each).mode & 0o777).toBe(0o600)
    expect(await keyFile(file).retire()).toEqual([])
    expect(readdirSync(dirname(file)).toSorted()).toEqual(['master.key', basename(to!)])
  })

  test('is never replaced: a damaged file stops the start with a sentence that names it', async () => {
    const file = place()
    writeFileSync(file, 'too short\n')
    chmodSync(file, 0o600)
    await expect(makeMasterKey({ setting: undefined, file })).rejects.toThrow(
      `The master key file ${file} is damaged`,
    )
    expect(readFileSync(file, 'utf8')).toBe('too short\n')
  })

  test('that can be neither read nor written stops the start with a sentence that names the file', async () => {
    const blocker = join(scratch(), 'file')
    writeFileSync(blocker, '')
    const inside = join(blocker, 'master.key')
    await expect(makeMasterKey({ setting: undefined, file: inside })).rejects.toThrow(
      `The master key file ${inside} cannot be read.`,
    )
    const device = '/proc/self/master.key'
    await expect(makeMasterKey({ setting: undefined, file: device })).rejects.toThrow(
      `The master key file ${device} cannot be written.`,
    )
  })
})
