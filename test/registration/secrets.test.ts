import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createVault } from '../../src/secrets/vault.ts'
import { checkVault } from '../../src/services/secrets/check.ts'
import { testDatabase } from '../support/index.ts'
import { apikey, item, serveRegistration } from './harness.ts'

const database = await testDatabase()
const served = await serveRegistration(database)
const { credential, manage, list, db, vault } = served

const whsec = (seed: string) => `whsec_${Buffer.from(seed.padEnd(30, '.')).toString('base64')}`
/** Planted in every place that takes a secret, also in wrong calls. */
const planted = {
  password: 'PLANTED-password',
  apikey: 'PLANTED-apikey',
  oauthClientSecret: 'PLANTED-client-secret',
  signingSecret: whsec('PLANTED-signing-secret'),
}

describe('a secret that was sent', () => {
  test('is in no answer, no row and no line of the log, whether the call was right or wrong', async () => {
    const oauth = {
      credentialType: 'OAUTH',
      oauthClientId: 'id',
      oauthTokenUrl: 'https://id.receiver.example/',
    }
    const { password, oauthClientSecret, signingSecret } = planted
    const answers = [
      await credential({ credentialName: 'B', credentialType: 'BASICAUTH', username: 'me', password }),
      await credential(apikey('K', { apikey: planted.apikey })),
      await credential({ credentialName: 'O', ...oauth, oauthClientSecret }),
      await manage(item('bench/a', { credentialName: 'B', signingSecret })),
      // right in shape, refused
      await credential({ credentialName: 'X', credentialType: 'BASICAUTH', password }),
      await credential({ credentialName: 'X', credentialType: 'APIKEY', password, oauthClientSecret }),
      await manage(item('bench/nope', { signingSecret })),
      // wrong in shape
      await credential({ credentialName: 'X', passwrod: password, apikey: `${planted.apikey}\n` }),
      await credential({
        credentialName: 'X',
        username: { password },
        password: [password],
        [password]: 'x',
      }),
      await credential({
        credentialName: 'X',
        ...oauth,
        oauthTokenUrl: `https://u:${password}@id.receiver.example/`,
        oauthClientSecret,
      }),
      await manage(item('bench/a', { signingSecret: `${signingSecret}\u0000` })),
      await manage(item('bench/a', { signingSecret: { signingSecret } })),
      await served.call('PUT', 'webhook/credential/manage', `{"credentialName":"X","password":"${password}"`),
      await list('?includeMetrics=Y'),
    ]
    expect(answers.map(({ status }) => status)).toEqual([
      ...Array<number>(4).fill(200),
      ...Array<number>(9).fill(400),
      200,
    ])
    const rows = await Promise.all([
      database.run('select c::text from sincewire.credential c'),
      database.run('select l::text from sincewire.listener l'),
    ])
    const named = answers.map(({ text }) => text.replaceAll(`manage.${password}`, '')) // a field's own name is no secret
    const places = { answers: named.join('\n'), rows: JSON.stringify(rows), logs: served.logged.join('') }
    expect(served.logged.length).toBeGreaterThan(answers.length - 1)
    for (const [place, text] of Object.entries(places)) {
      for (const secret of Object.values(planted)) {
        for (const form of [
          secret,
          Buffer.from(secret).toString('hex'),
          Buffer.from(secret).toString('base64'),
        ]) {
          expect(text.includes(form), `${form} in ${place}`).toBe(false)
        }
      }
    }
  })

  test('does not open in another row', async () => {
    await credential(apikey('K1'))
    await credential(apikey('K2'))
    await database.run(`update sincewire.credential set secret = (select secret from sincewire.credential where credential_name = 'K1')
      where credential_name = 'K2'`)
    const { status, text } = await credential({ credentialName: 'K2', heartbeatIntervalHours: 3 })
    expect(status).toBe(500)
    expect(text).not.toContain('key-of-K1')
  })
})

describe('at start', () => {
  test('the key that sealed everything is accepted', async () => {
    await expect(checkVault(db, () => vault)).resolves.toBeUndefined()
  })

  test('another key stops with one sentence, and touches nothing', async () => {
    for (const name of ['K3', 'K4']) await credential(apikey(name))
    const other = createVault({ key: randomBytes(32) })
    const before = await database.run('select c::text from sincewire.credential c order by 1')
    await expect(checkVault(db, () => other)).rejects.toThrow(
      /^The database holds \d+ secrets sealed with another master key \(id [0-9a-f]{8}\) than this one \(id [0-9a-f]{8}\): start with the key that sealed them\.$/,
    )
    expect(await database.run('select c::text from sincewire.credential c order by 1')).toEqual(before)
  })
})
