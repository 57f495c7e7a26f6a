import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findListeners, retargetListeners, updateListeners } from '../../src/db/listener.ts'
import { lockRegistrations } from '../../src/db/registration.ts'
import { retarget } from '../../src/domain/amend.ts'
import { fromMillis } from '../../src/domain/instant.ts'
import { openTarget } from '../../src/services/listener/openTarget.ts'
import { testDatabase } from '../support/index.ts'
import { apikey, item, serveRegistration, succeed } from './harness.ts'

const database = await testDatabase()
const served = await serveRegistration(database)
const { credential, manage, listener, db } = served

const oauth = {
  credentialType: 'OAUTH',
  oauthClientId: 'client',
  oauthClientSecret: 'client-secret',
  oauthTokenUrl: 'https://id.receiver.example/token',
}
const basic = { credentialType: 'BASICAUTH', username: 'me', password: 'pass word:ü' }

const ok = async (fields: Record<string, unknown>) => (await succeed(credential(fields))).message

/** A listener that uses the credential, and what calls to it carry. */
async function opened(credentialName: string) {
  await manage(item('bench/a', { credentialName, listenerName: credentialName }))
  return (await openTarget(served, credentialName))?.credential
}

describe('each type', () => {
  test('OAUTH is kept with its scope, which blank spaces clear', async () => {
    expect(
      await ok({ credentialName: 'O1', ...oauth, oauthScope: 'feed', username: '', password: null }),
    ).toBe('Create record was successful')
    const { credentialType: type, ...content } = oauth
    expect(await opened('O1')).toEqual({
      credentialName: 'O1',
      revision: 0,
      type,
      ...content,
      oauthScope: 'feed',
    })
    expect(await ok({ credentialName: 'O1', oauthScope: '' })).toBe('Update record was successful')
    expect(await ok({ credentialName: 'O1', oauthScope: ' ' })).toBe('Update record was successful')
    expect(await opened('O1')).toMatchObject({
      revision: 1,
      oauthScope: null,
      oauthClientSecret: 'client-secret',
    })
  })

  test('BASICAUTH and APIKEY are kept', async () => {
    await ok({ credentialName: 'B1', ...basic })
    expect(await opened('B1')).toEqual({
      credentialName: 'B1',
      revision: 0,
      type: 'BASICAUTH',
      username: 'me',
      password: 'pass word:ü',
    })
    await ok(apikey('K1'))
    expect(await opened('K1')).toEqual({
      credentialName: 'K1',
      revision: 0,
      type: 'APIKEY',
      apikey: 'key-of-K1',
      apikeyHeader: null,
      apikeyPrefix: null,
    })
  })

  test.for<[title: string, fields: Record<string, unknown>, errors: Record<string, string>]>([
    ['no type', { apikey: 'k' }, { credentialType: 'is required to register a credential' }],
    [
      'half of OAUTH',
      { credentialType: 'OAUTH', oauthClientId: 'c' },
      {
        oauthClientSecret: 'is required for a credential of type OAUTH',
        oauthTokenUrl: 'is required for a credential of type OAUTH',
      },
    ],
    [
      'half of BASICAUTH',
      { credentialType: 'BASICAUTH', username: 'me', password: ' ' },
      { password: 'is required for a credential of type BASICAUTH' },
    ],
    [
      'an empty APIKEY',
      { credentialType: 'APIKEY', apikey: '' },
      { apikey: 'is required for a credential of type APIKEY' },
    ],
    [
      "another type's fields",
      { ...basic, apikey: 'k', oauthScope: 's' },
      {
        apikey: 'does not belong to a credential of type BASICAUTH',
        oauthScope: 'does not belong to a credential of type BASICAUTH',
      },
    ],
    [
      'a token URL that is not https',
      { ...oauth, oauthTokenUrl: 'http://id.receiver.example/' },
      { oauthTokenUrl: 'must be https: plain http is not allowed for this host' },
    ],
    [
      'a token URL on a host that is not on the list',
      { ...oauth, oauthTokenUrl: 'https://id.example/' },
      { oauthTokenUrl: 'names a host that is not on the list of allowed targets' },
    ],
    [
      'a token URL with a password',
      { ...oauth, oauthTokenUrl: 'https://me:hunter2@id.receiver.example/' },
      { oauthTokenUrl: 'must not hold a user name or password' },
    ],
    ['a deletion of nothing', { deleteInd: 'Y' }, { credentialName: 'is not a registered credential' }],
  ])('is refused with %s', async ([, fields, errors]) => {
    const { status, body, text } = await credential({ credentialName: 'NEW', ...fields })
    expect(status).toBe(400)
    expect(body.message).toBe('Error found in validation of input payload')
    expect(Object.fromEntries(body.validationErrors!.map(({ field, error }) => [field, error]))).toEqual(
      Object.fromEntries(Object.entries(errors).map(([field, error]) => [`manage.${field}`, error])),
    )
    expect(text).not.toContain('hunter2')
    expect(await database.run(`select 1 from sincewire.credential where credential_name = 'NEW'`)).toEqual([])
  })
})

describe('changing', () => {
  test('what is blank stays; the same content again is no change', async () => {
    await ok({ credentialName: 'C1', ...basic })
    await opened('C1')
    await ok({ credentialName: 'C1', credentialType: '', username: null, password: '' })
    await ok({ credentialName: 'C1', credentialType: 'BASICAUTH', password: basic.password })
    await ok({ credentialName: 'C1', heartbeatIntervalHours: 3 })
    expect(await opened('C1')).toMatchObject({ revision: 0, username: 'me', password: basic.password })
    expect((await listener('C1'))?.target_revision).toBe(0)
  })

  test('half of a set may change on its own, and moves the target of every listener that uses it, at once', async () => {
    await ok({ credentialName: 'C2', ...basic })
    await manage(
      item('bench/a', { credentialName: 'C2', listenerName: 'c2a' }),
      item('bench/b', { credentialName: 'C2', listenerName: 'c2b' }),
      item('bench/b', { credentialName: 'C1', listenerName: 'other' }),
    )
    await database.run(
      `update sincewire.listener set next_heartbeat_at = now() + '1 day', proven_revision = 0;
       update sincewire.schedule set due_at = now() + '1 day'`,
    )
    await ok({ credentialName: 'C2', password: 'another' })
    const due = await database.run(
      `select listener_name from sincewire.listener join sincewire.schedule using (listener_name) where due_at <= now() and next_heartbeat_at <= now() and target_revision = 1 order by 1`,
    )
    expect(due.map((row) => row['listener_name'])).toEqual(['c2a', 'c2b'])
    expect((await openTarget(served, 'c2a'))?.credential).toMatchObject({
      revision: 1,
      username: 'me',
      password: 'another',
    })
    expect((await listener('other'))?.target_revision).toBe(0)
  })

  test('another type needs its whole set, and keeps nothing of the old one', async () => {
    await ok({ credentialName: 'C3', ...oauth, oauthScope: 's' })
    const half = await credential({ credentialName: 'C3', credentialType: 'BASICAUTH', username: 'me' })
    expect(half.body.validationErrors).toEqual([
      { error: 'is required for a credential of type BASICAUTH', field: 'manage.password', inputValue: null },
    ])
    await ok({ credentialName: 'C3', ...basic })
    expect(await opened('C3')).toEqual({
      credentialName: 'C3',
      revision: 1,
      type: 'BASICAUTH',
      username: 'me',
      password: basic.password,
    })
    const [row] = await database.run(
      `select oauth_client_id, oauth_token_url, oauth_scope from sincewire.credential where credential_name = 'C3'`,
    )
    expect(row).toEqual({ oauth_client_id: null, oauth_token_url: null, oauth_scope: null })
  })

  test('a credential in use is not deleted, and the refusal names its listeners', async () => {
    await ok(apikey('C4'))
    await manage(item('bench/a', { credentialName: 'C4', listenerName: 'c4' }))
    const { status, body } = await credential({ credentialName: 'C4', deleteInd: 'Y' })
    expect(status).toBe(400)
    expect(body.businessError).toEqual([
      { service: 'bench/a', errorMessage: 'credential C4 cannot be deleted: listener c4 uses it' },
    ])
    await manage({ service: 'bench/a', listenerName: 'c4', deleteInd: 'Y' })
    expect(await ok({ credentialName: 'C4', deleteInd: 'Y' })).toBe('Delete record was successful')
  })
})

test("new content does to every listener's row what the domain's retarget does to a listener", async () => {
  await ok(apikey('SAME'))
  await manage(item('bench/a', { credentialName: 'SAME', listenerName: 'same' }))
  const moment = fc
    .integer({ min: 1_900_000_000, max: 1_900_000_099 })
    .map((seconds) => fromMillis(seconds * 1000))
  const state = fc.record({ nextPollAt: moment, nextHeartbeatAt: moment, dueAt: moment, failures: fc.nat(2) })
  await fc.assert(
    fc.asyncProperty(state, moment, (values, now) =>
      db.transaction().execute(async (tx) => {
        await lockRegistrations(tx)
        const find = async () => (await findListeners(tx, ['same'], { lock: true }))[0]!
        const holdSince = values.failures > 0 ? values.dueAt : null
        await updateListeners(
          tx,
          [{ ...(await find()), ...values, holdSince, heartbeatError: 'refused' }],
          now,
        )
        const before = await find()
        await retargetListeners(tx, 'SAME', now)
        expect(await find()).toEqual(retarget(before, now))
      }),
    ),
    { numRuns: 50 },
  )
})
