import { createPublicKey } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { eventually, testApp, testDatabase } from '../support/index.ts'
import { AUDIENCE, openIssuer } from './issuer.ts'
import { OPERATIONS, READ } from './support.ts'

const issuer = await openIssuer()
const database = await testDatabase()
const oidc = {
  ...{ 'oidc.issuer': issuer.issuer, 'oidc.audience': AUDIENCE, 'oidc.jwksUrl': issuer.jwksUrl },
  ...{ 'oidc.clockToleranceSeconds': 30, 'oidc.keysCooldownSeconds': 1, 'access.failedAttempts': 100_000 },
  ...{ 'targets.allowHttp': '127.0.0.1', masterKey: '0'.repeat(64) },
}
const app = await testApp(database.url, oidc, { role: 'api' })

async function show(token: string, path = READ, url = app.url) {
  const answer = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } })
  return { status: answer.status, body: await answer.text() }
}
const statusOf = async (token: string, path?: string) => (await show(token, path)).status

const now = () => Math.floor(Date.now() / 1000)
/** The claims of a token that is accepted. */
const right = () => ({
  ...{ iss: issuer.issuer, aud: AUDIENCE, sub: 'somebody', iat: now(), exp: now() + 300 },
  roles: ['sincewire-reader'],
})
const without = (claim: keyof ReturnType<typeof right>) => {
  const { [claim]: _, ...rest } = right()
  return rest
}

test('a token of a real issuer gets in with the role that it gives, and owns what it registers', async () => {
  const token = await issuer.token({ roles: ['other', 'sincewire-integrator'] })
  expect(await statusOf(token)).toBe(200)
  expect(await statusOf(token, '/sincewire/clients')).toBe(403)
  const answer = await fetch(`${app.url}${OPERATIONS}/webhook/credential/manage`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ credentialName: 'OF_ROBOT', credentialType: 'APIKEY', apikey: 'x' }),
  })
  expect(answer.status).toBe(200)
  expect(await database.run(`select owner from sincewire.credential`)).toEqual([{ owner: 'oidc:robot' }])
})

describe('the same answer refuses a token', () => {
  const cases: Record<string, () => Promise<string> | string> = {
    'that has expired': () => issuer.sign({ ...right(), exp: now() - 60 }),
    'that does not expire': () => issuer.sign(without('exp')),
    'that is not yet valid': () => issuer.sign({ ...right(), nbf: now() + 300 }),
    'for another audience': () => issuer.sign({ ...right(), aud: 'https://other.test' }),
    'for no audience': () => issuer.sign(without('aud')),
    'of another issuer': () => issuer.sign({ ...right(), iss: 'https://other.test' }),
    'without a subject': () => issuer.sign(without('sub')),
    'that is not signed': () => new UnsecuredJWT(right()).encode(),
    'signed with the public key as a secret, as its PEM': () => {
      const pem = createPublicKey({ key: issuer.publicKey(), format: 'jwk' }).export({
        type: 'spki',
        format: 'pem',
      })
      return confused(Buffer.from(pem))
    },
    'signed with the public key as a secret, as its modulus': () =>
      confused(Buffer.from(issuer.publicKey().n!, 'base64url')),
    'signed with another key under the name of the right one': async () => {
      const { privateKey } = await generateKeyPair('RS256')
      return new SignJWT(right())
        .setProtectedHeader({ alg: 'RS256', kid: issuer.publicKey().kid! })
        .sign(privateKey)
    },
    'that brings its own key': async () => {
      const { privateKey, publicKey } = await generateKeyPair('ES256')
      const jwk = await exportJWK(publicKey)
      return new SignJWT(right()).setProtectedHeader({ alg: 'ES256', jwk }).sign(privateKey)
    },
    'by an algorithm that the settings leave out': async () => {
      const { privateKey } = await generateKeyPair('RS512')
      return new SignJWT(right())
        .setProtectedHeader({ alg: 'RS512', kid: issuer.publicKey().kid! })
        .sign(privateKey)
    },
    'whose content was changed': async () => {
      const [head, , signature] = (await issuer.sign(right())).split('.')
      const admin = Buffer.from(JSON.stringify({ ...right(), roles: ['sincewire-admin'] })).toString(
        'base64url',
      )
      return `${head}.${admin}.${signature}`
    },
    'that is none': () => 'a.b.c',
    'that is endless': () => 'x'.repeat(15_000),
  }
  const confused = (secret: Buffer) =>
    new SignJWT(right()).setProtectedHeader({ alg: 'HS256', kid: issuer.publicKey().kid! }).sign(secret)

  test.for(Object.entries(cases))('%s', async ([, make]) => {
    expect(await show(await make())).toEqual({
      status: 401,
      body: '{"status":"ERROR","message":"The credentials are not accepted"}',
    })
    expect(await statusOf(await issuer.sign(right()))).toBe(200)
  })
})

test('the issuer’s clock may be off by the tolerance', async () => {
  expect(await statusOf(await issuer.sign({ ...right(), exp: now() - 5 }))).toBe(200)
  expect(await statusOf(await issuer.sign({ ...right(), nbf: now() + 5 }))).toBe(200)
})

test('the highest role of ours counts; a valid token without one is forbidden', async () => {
  const roleOf = async (claims: object) => {
    const token = await issuer.sign({ ...without('roles'), ...claims })
    const statuses = [await statusOf(token), await statusOf(token, `${OPERATIONS}/webhooks`)]
    return [
      ...statuses,
      await statusOf(token, `${OPERATIONS}/processes`),
      await statusOf(token, '/sincewire/clients'),
    ]
  }
  expect(await roleOf({ roles: ['sincewire-reader', 'sincewire-operator', 'x'] })).toEqual([
    200, 200, 200, 403,
  ])
  expect(await roleOf({ roles: 'openid sincewire-admin' })).toEqual([200, 200, 200, 200])
  for (const claims of [
    {},
    { roles: ['admin'] },
    { roles: { admin: true } },
    { roles: 'xsincewire-admin' },
    { roles: [7] },
  ]) {
    expect([claims, await roleOf(claims)]).toEqual([claims, [403, 403, 403, 403]])
  }
})

test('services in a token limit it; whom they cannot limit they shut out', async () => {
  const pull = async (claims: object, service: string) =>
    statusOf(await issuer.sign({ ...right(), ...claims }), `/MerchIntegrations/services/${service}`)
  expect(await pull({ services: ['bench/a'] }, 'bench/a')).toBe(404) // there is none, but it may ask
  expect(await pull({ services: ['bench/a'] }, 'bench/b')).toBe(403)
  expect(await pull({ services: 'bench/b bench/a' }, 'bench/b')).toBe(404)
  for (const services of [[], '', 7, {}, null]) expect(await pull({ services }, 'bench/a')).toBe(403)
  expect(await pull({ services: ['bench/a'], roles: ['sincewire-operator'] }, 'bench/a')).toBe(403)
})

test('claims may lie deep or bear a URL as their name', async () => {
  const names = {
    'oidc.roleClaim': 'realm_access.roles',
    'oidc.rolePrefix': '',
    'oidc.servicesClaim': 'https://x.test/s',
  }
  const other = await testApp(database.url, { ...oidc, ...names }, { role: 'api' })
  const ask = async (claims: object, path: string) =>
    (await show(await issuer.sign({ ...right(), ...claims }), path, other.url)).status
  expect(await ask({ realm_access: { roles: ['admin'] } }, '/sincewire/clients')).toBe(200)
  const limited = { realm_access: { roles: ['reader'] }, 'https://x.test/s': ['bench/a'] }
  expect(await ask(limited, '/MerchIntegrations/services/bench/b')).toBe(403)
  expect(await ask({ realm_access: ['admin'] }, READ)).toBe(403)
})

test('a new key of the issuer’s is fetched, an unknown one asks the issuer once in a while only', async () => {
  const old = await issuer.sign(right())
  expect(await statusOf(old)).toBe(200)
  await issuer.rotate()
  const fresh = await issuer.token({ roles: ['sincewire-reader'] })
  await eventually(async () => (await statusOf(fresh)) === 200)
  expect(await statusOf(old)).toBe(401)
  const [before, began] = [issuer.fetches(), performance.now()]
  const unknown = await issuer.sign(right(), { kid: 'made up' })
  await Promise.all(Array.from({ length: 50 }, async () => expect(await statusOf(unknown)).toBe(401)))
  expect(issuer.fetches() - before).toBeLessThanOrEqual(1 + Math.floor((performance.now() - began) / 1000))
})

test('while the issuer’s keys cannot be had, the answer is 503, and the issuer is not asked at each call', async () => {
  const own = await openIssuer()
  own.hide(true)
  const settings = { ...oidc, 'oidc.issuer': own.issuer, 'oidc.jwksUrl': own.jwksUrl }
  const other = await testApp(database.url, settings, { role: 'api' })
  const token = await own.token({ roles: ['sincewire-reader'] })
  const began = performance.now()
  const answers = await Promise.all(Array.from({ length: 30 }, () => show(token, READ, other.url)))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]))
  expect(own.fetches()).toBeLessThanOrEqual(1 + Math.floor((performance.now() - began) / 1000))
  own.hide(false)
  await eventually(async () => (await show(token, READ, other.url)).status === 200)
})

test('settings that cannot be stop the start', async () => {
  const start = (settings: object) => testApp(database.url, { ...oidc, ...settings }, { role: 'api' })
  await expect(start({ 'oidc.audience': null })).rejects.toThrow(
    'oidc.audience (the command) must be set too',
  )
  await expect(start({ 'oidc.algorithms': 'RS256,HS256' })).rejects.toThrow(
    'oidc.algorithms (the command) must hold only',
  )
  await expect(start({ 'targets.allowHttp': [] })).rejects.toThrow('The setting oidc.jwksUrl must be https')
})
