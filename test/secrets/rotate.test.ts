import { randomBytes } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { makeMasterKey } from '../../src/secrets/masterKey.ts'
import { createVault, keyIdOf } from '../../src/secrets/vault.ts'
import { rotateSecrets } from '../../src/services/secrets/rotate.ts'
import { SEALED } from '../../src/services/secrets/registry.ts'
import { eventually, runCommand, scratch, startService, testDatabase } from '../support/index.ts'
import { openAll, plant, sealedBy } from './stored.ts'

const newKey = () => randomBytes(32)
const secrets = (count: number) => Array.from({ length: count }, (_, at) => `secret-of-C${at}`).toSorted()
const keysIn = (file: string) => readFileSync(file, 'utf8').trim().split('\n')

/** A database and a data folder with a key, as a service leaves them. */
async function place() {
  const database = await testDatabase()
  const dataDir = scratch()
  const file = join(dataDir, 'master.key')
  const { vault, file: kept } = await makeMasterKey({ setting: undefined, file })
  const env = { DATABASE_URL: database.url, SINCEWIRE_DATA_DIR: dataDir }
  return { database, dataDir, file, vault, keyFile: kept!, env }
}

/** No column of bytes here is sealed, and why. */
const NOT_SEALED: Record<string, string> = {}

test('every column of bytes in the schema is in the registry of sealed values, or known to be none', async () => {
  const database = await testDatabase()
  const rows = await database.run(
    `select table_name || '.' || column_name as name from information_schema.columns
     where table_schema = 'sincewire' and data_type = 'bytea'`,
  )
  const sealed = SEALED.map(({ table, column }) => `${table}.${column}`)
  const found = rows.map(({ name }) => String(name)).filter((name) => !(name in NOT_SEALED))
  expect(found.toSorted()).toEqual(sealed.toSorted())
})

describe('secrets rotate', () => {
  test('seals everything with a new key, which alone opens it; the old key goes to a file of its own', async () => {
    const { database, dataDir, file, vault, env } = await place()
    await plant(database, vault, 20)
    const [old] = keysIn(file)
    const { code, stdout } = await runCommand(['secrets', 'rotate', '--json'], { env })
    const [key] = keysIn(file)
    const keyId = keyIdOf(Buffer.from(key!, 'base64'))
    const retired = join(dataDir, `master.key.${vault.keyId}`)
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      { keyId, total: 20, resealed: 20, retired: [retired], unreadable: [], finished: true },
    ])
    expect(keysIn(retired)).toEqual([old])
    expect(await sealedBy(database)).toEqual({ [keyId]: 20 })
    expect((await openAll(database, file)).toSorted()).toEqual(secrets(20))

    const status = await runCommand(['secrets', 'status', '--json'], { env })
    const keys = [{ keyId, current: true, secrets: 20 }]
    expect(JSON.parse(status.stdout)).toEqual({ place: file, keys })
  })

  test('killed at any moment leaves every secret readable, and goes on with the same key', async () => {
    const { database, file, vault, env } = await place()
    await plant(database, vault, 1200)
    let pending: string | undefined
    for (const wanted of [0, 1, 300, 900]) {
      const command = startService({ args: ['secrets', 'rotate'], env })
      await eventually(async () => 1200 - ((await sealedBy(database))[vault.keyId] ?? 0) >= wanted, 30_000, 1)
      command.kill('SIGKILL')
      await command.ended
      expect((await openAll(database, file)).toSorted()).toEqual(secrets(1200))
      const [first, ...others] = keysIn(file)
      if (pending !== undefined) expect(first).toBe(pending)
      pending = others.length > 0 ? first : undefined
    }
    const { code, stdout } = await runCommand(['secrets', 'rotate'], { env })
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^1200 secrets are sealed with key/)])
    expect((await openAll(database, file)).toSorted()).toEqual(secrets(1200))
    expect(Object.keys(await sealedBy(database))).toEqual([keyIdOf(Buffer.from(keysIn(file)[0]!, 'base64'))])
  })

  test('broken off by its signal says so and keeps both keys; two at once are refused', async () => {
    const { database, file, vault, keyFile } = await place()
    await plant(database, vault, 50)
    const deps = { db: database.db, vault, file: keyFile, newKey }
    const stop = new AbortController()
    const rotation = await rotateSecrets(deps, { onProgress: () => stop.abort(), signal: stop.signal })
    expect(rotation).toMatchObject({ finished: false, retired: [] })
    expect(keysIn(file)).toHaveLength(2)
    expect(Object.keys(await sealedBy(database))).toHaveLength(2)
    let second: Promise<unknown> | undefined
    const first = await rotateSecrets(deps, {
      onProgress: () => void (second ??= rotateSecrets(deps).catch((error: unknown) => error)),
    })
    expect(first).toMatchObject({ finished: true, total: 50 })
    expect(await second).toMatchObject({ code: 'refused', business: ['Another rotation runs already.'] })
    expect((await openAll(database, file)).toSorted()).toEqual(secrets(50))
  })

  test('leaves a value that was changed meanwhile as it was changed', async () => {
    const { database, file, vault, keyFile } = await place()
    await plant(database, vault, 30)
    let changed: Promise<unknown> | undefined
    const elsewhere = createVault({ key: Buffer.from(keysIn(file)[0]!, 'base64') }) // knows nothing of the new key
    await rotateSecrets(
      { db: database.db, vault, file: keyFile, newKey },
      {
        onProgress: () => {
          changed ??= database.db
            .updateTable('sincewire.credential')
            .set({
              secret: elsewhere.seal('changed', 'credential/C9/APIKEY'),
              secret_key_id: elsewhere.keyId,
            })
            .where('credential_name', '=', 'C9')
            .execute()
        },
      },
    )
    await changed
    const expected = secrets(30).map((each) => (each === 'secret-of-C9' ? 'changed' : each))
    expect((await openAll(database, file)).toSorted()).toEqual(expected.toSorted())
    expect(Object.keys(await sealedBy(database))).toHaveLength(1)
  })

  test('names what does not open, leaves it, and keeps the old key', async () => {
    const { database, file, vault, env } = await place()
    await plant(database, vault, 3)
    await database.run(`update sincewire.credential set secret = '\\x00' where credential_name = 'C1'`)
    const { code, stderr } = await runCommand(['secrets', 'rotate'], { env })
    expect([code, stderr]).toEqual([1, expect.stringContaining('opens credential C1: secret')])
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(keysIn(file)).toHaveLength(2)
    await database.run(`delete from sincewire.credential where credential_name = 'C1'`)
    expect(await runCommand(['secrets', 'rotate'], { env })).toMatchObject({ code: 0 })
    expect(keysIn(file)).toHaveLength(1)
  })

  test('under a setting seals with the setting, makes no key and writes no file', async () => {
    const database = await testDatabase()
    const [old, current] = [newKey(), newKey()]
    await plant(database, createVault({ key: old }), 5)
    const dataDir = scratch()
    const env = {
      DATABASE_URL: database.url,
      SINCEWIRE_DATA_DIR: dataDir,
      SINCEWIRE_MASTER_KEY: current.toString('hex'),
      SINCEWIRE_PREVIOUS_MASTER_KEYS: [newKey(), old].map((key) => key.toString('base64')).join(','),
    }
    const { code, stdout } = await runCommand(['secrets', 'rotate'], { env })
    expect([code, stdout]).toEqual([0, `5 secrets are sealed with key ${keyIdOf(current)}, 5 of them anew\n`])
    expect(await sealedBy(database)).toEqual({ [keyIdOf(current)]: 5 })
    expect(readdirSync(dataDir)).toEqual([])
  })
})

describe('a start', () => {
  test.each([
    [
      'the wrong master key',
      { SINCEWIRE_MASTER_KEY: Buffer.alloc(32, 1).toString('hex') },
      'another master key',
    ],
    ['no master key', {}, 'a master key (id '],
  ])('with %s ends with one sentence and touches nothing, not even the schema', async (_, key, words) => {
    const { database, vault } = await place()
    await plant(database, vault, 2)
    // A migration that was never to run would fail here: its objects exist.
    await database.run(
      `delete from sincewire.migration where name = (select max(name) from sincewire.migration)`,
    )
    const all = `select m::text as row from sincewire.migration m union all select c::text from sincewire.credential c order by 1`
    const before = await database.run(all)
    const dataDir = scratch()
    const env = { DATABASE_URL: database.url, SINCEWIRE_DATA_DIR: dataDir, ...key }
    const { code, stdout, stderr } = await startService({ env }).ended
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(`The database holds 2 secrets sealed with ${words}`)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(await database.run(all)).toEqual(before)
    expect(readdirSync(dataDir)).toEqual([])
  })
})
