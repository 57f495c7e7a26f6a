import { createPrivateKey } from 'node:crypto'
import { generate } from 'selfsigned'
import { beforeAll, describe, expect, test } from 'vitest'
import { earliestExpiries, takeExpiring } from '../../src/db/certificate.ts'
import { openTarget } from '../../src/services/listener/openTarget.ts'
import { authority, type Certificate } from '../outbound/support/authority.ts'
import { testDatabase } from '../support/index.ts'
import { apikey, item, serveRegistration, succeed, type Item } from './harness.ts'

const database = await testDatabase()
const served = await serveRegistration(database)
const { credential, manage, list } = served
const clients = await authority()
const [alice, renewed, expired] = [
  await clients.issue({ host: 'alice' }),
  await clients.issue({ host: 'alice' }),
  await clients.issue({ host: 'alice', expired: true }),
]

const ok = (fields: Item) => succeed(credential(fields))
const pair = ({ cert, key }: Certificate) => ({ clientCertificate: cert, clientPrivateKey: key })
const mtls = (credentialName: string, more: Item = {}) => ({
  credentialName,
  credentialType: 'MTLS',
  ...more,
})
const listed = async (name: string) =>
  (await list()).body.items.find((one) => one['credentialName'] === name)!

/** A listener of the credential's own, through which it is seen as calls see it. */
async function opened(name: string) {
  if (!(await listed(name))['service']) {
    await succeed(manage(item('bench/a', { listenerName: `of-${name}`, credentialName: name })))
  }
  return (await openTarget(served, `of-${name}`))!
}

const encrypted = (key: string, passphrase: string) =>
  createPrivateKey(key).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }).toString()
const sameKey = (a: string | undefined, b: string) => createPrivateKey(a ?? '').equals(createPrivateKey(b))

describe('a credential with a certificate', () => {
  test('of type MTLS has nothing else; its expiry is listed, its key never shown', async () => {
    await ok(mtls('M1', { ...pair(alice), caCertificate: clients.ca }))
    const { credential: content } = await opened('M1')
    expect(content).toMatchObject({ type: 'MTLS', tls: { ca: clients.ca.trim() + '\n' } })
    expect(sameKey(content.tls?.client?.key, alice.key)).toBe(true)
    const inAYear = expect.stringMatching(/^2\d{3}-\d\d-\d\dT.*Z$/) as string
    expect(await listed('M1')).toMatchObject({
      credentialType: 'MTLS',
      clientCertificateExpires: inAYear,
      caCertificateExpires: inAYear,
    })
    const rows = await database.run('select c::text from sincewire.credential c')
    expect(JSON.stringify([rows, served.logged]) + (await list()).text).not.toContain('PRIVATE KEY')
  })

  test('may be of any other type too', async () => {
    await ok({ ...apikey('A1'), ...pair(alice), apikeyHeader: 'Authorization', apikeyPrefix: 'API_KEY' })
    expect((await opened('A1')).credential).toMatchObject({
      ...{ type: 'APIKEY', apikey: 'key-of-A1', apikeyHeader: 'authorization', apikeyPrefix: 'API_KEY' },
      tls: { client: { key: expect.any(String) }, ca: null },
    })
    const basic = { credentialType: 'BASICAUTH', username: 'u', password: 'p' }
    await ok({ credentialName: 'B1', ...basic, caCertificate: clients.ca })
    expect((await opened('B1')).credential).toMatchObject({ type: 'BASICAUTH', tls: { client: null } })
  })

  test('takes a key that a passphrase locks, and does not keep the passphrase', async () => {
    const clientPrivateKey = encrypted(alice.key, 'planted phrase')
    const { cert: clientCertificate } = alice
    await ok(
      mtls('P1', { clientCertificate, clientPrivateKey, clientPrivateKeyPassphrase: 'planted phrase' }),
    )
    expect(sameKey((await opened('P1')).credential.tls?.client?.key, alice.key)).toBe(true)
    for (const clientPrivateKeyPassphrase of ['planted other', undefined]) {
      const { status, body, text } = await credential(
        mtls('P2', { clientCertificate, clientPrivateKey, clientPrivateKeyPassphrase }),
      )
      expect([status, body.validationErrors]).toEqual([
        400,
        [
          {
            ...{ field: 'manage.clientPrivateKeyPassphrase', error: 'does not open clientPrivateKey' },
            inputValue: null,
          },
        ],
      ])
      expect(text).not.toContain('planted')
    }
  })

  test('goes over to another one, heartbeat first; the same one again changes nothing', async () => {
    await ok(mtls('R1', pair(alice)))
    const before = await opened('R1')
    await ok(mtls('R1', pair(alice)))
    await ok({ credentialName: 'R1', heartbeatIntervalHours: 9 })
    expect((await opened('R1')).targetRevision).toBe(before.targetRevision)
    await ok({ credentialName: 'R1', ...pair(renewed) })
    const after = await opened('R1')
    expect(after.targetRevision).toBe(before.targetRevision + 1)
    expect(sameKey(after.credential.tls?.client?.key, renewed.key)).toBe(true)
  })

  test('lets go of it by blank spaces, together with its key, or with its type', async () => {
    await ok({ ...apikey('C1'), ...pair(alice), caCertificate: clients.ca })
    await ok({ credentialName: 'C1', clientCertificate: '  ' })
    expect((await opened('C1')).credential.tls).toMatchObject({ client: null })
    await ok({ credentialName: 'C1', caCertificate: '  ' })
    expect((await opened('C1')).credential.tls).toBeUndefined()
    await ok({ credentialName: 'C1', ...pair(alice) })
    await ok({ credentialName: 'C1', credentialType: 'BASICAUTH', username: 'u', password: 'p' })
    expect((await opened('C1')).credential.tls).toBeUndefined()
    expect(await listed('C1')).not.toHaveProperty('clientCertificateExpires')
  })
})

/** A key locked by so many rounds of PBKDF2 (RFC 8018, appendix A.4). */
function lockedBy(rounds: number): string {
  const tlv = (tag: number, ...parts: readonly Buffer[]) => {
    const content = Buffer.concat(parts)
    return Buffer.concat([Buffer.from([tag, content.length]), content])
  }
  const oid = (hex: string) => tlv(0x06, Buffer.from(hex, 'hex'))
  const integer = Buffer.alloc(5)
  integer.writeUInt32BE(rounds, 1)
  const derivation = tlv(
    0x30,
    oid('2a864886f70d01050c'),
    tlv(0x30, tlv(0x04, Buffer.alloc(8)), tlv(0x02, integer)),
  )
  const cipher = tlv(0x30, oid('60864801650304012a'), tlv(0x04, Buffer.alloc(16)))
  const der = tlv(
    0x30,
    tlv(0x30, oid('2a864886f70d01050d'), tlv(0x30, derivation, cipher)),
    tlv(0x04, Buffer.alloc(32)),
  )
  return `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${der.toString('base64')}\n-----END ENCRYPTED PRIVATE KEY-----\n`
}

describe('is refused, with the field and no word of what was sent:', () => {
  let short: Certificate
  beforeAll(async () => {
    const made = await generate([{ name: 'commonName', value: 'short' }], { keyType: 'rsa', keySize: 1024 })
    short = { cert: made.cert, key: made.private }
    await ok(mtls('KEPT', pair(alice)))
  })

  const CERTIFICATES = 'must be certificates in PEM and nothing else'
  test.each<[string, () => Item, string, string | RegExp]>([
    ['no certificate', () => mtls('X'), 'clientCertificate', 'is required for a credential of type MTLS'],
    ['a certificate alone', () => mtls('X', { clientCertificate: alice.cert }), 'clientPrivateKey', 'is required with clientCertificate'],
    ['a key alone', () => mtls('X', { clientPrivateKey: alice.key }), 'clientCertificate', 'is required with clientPrivateKey'],
    ['a passphrase alone', () => mtls('KEPT', { clientPrivateKeyPassphrase: 'planted' }), 'clientPrivateKeyPassphrase', 'is given without clientPrivateKey'],
    ["somebody else's key", () => mtls('X', { ...pair(alice), clientPrivateKey: renewed.key }), 'clientPrivateKey', 'does not belong to clientCertificate'],
    ['a certificate for another key than the one kept', () => mtls('KEPT', { clientCertificate: renewed.cert }), 'clientCertificate', 'does not belong to the private key that is registered'],
    ['one that has expired', () => mtls('X', pair(expired)), 'clientCertificate', /^holds a certificate that expired on \d{4}-/],
    ['an authority that has expired', () => mtls('X', { ...pair(alice), caCertificate: `${clients.ca}\n${expired.cert}` }), 'caCertificate', /^holds a certificate that expired on/],
    ['no PEM at all', () => mtls('X', { ...pair(alice), clientCertificate: 'planted' }), 'clientCertificate', CERTIFICATES],
    ['a damaged one', () => mtls('X', { ...pair(alice), clientCertificate: alice.cert.replace('MII', 'AAA') }), 'clientCertificate', CERTIFICATES],
    ['a key among the certificates', () => mtls('X', { ...pair(alice), clientCertificate: alice.cert + alice.key }), 'clientCertificate', CERTIFICATES],
    ['a key among the authorities', () => mtls('X', { ...pair(alice), caCertificate: clients.ca + alice.key }), 'caCertificate', CERTIFICATES],
    ['a key that is none', () => mtls('X', { ...pair(alice), clientPrivateKey: 'planted' }), 'clientPrivateKey', 'must be a private key in PEM'],
    ['a key locked by two thousand million rounds', () => mtls('X', { ...pair(alice), clientPrivateKey: lockedBy(0x7fff_ffff), clientPrivateKeyPassphrase: 'planted' }), 'clientPrivateKey', 'is locked by more than a million rounds'],
    ['a key locked by another passphrase', () => mtls('X', { ...pair(alice), clientPrivateKey: lockedBy(1000), clientPrivateKeyPassphrase: 'planted' }), 'clientPrivateKeyPassphrase', 'does not open clientPrivateKey'],
    ['beginnings without an end', () => mtls('X', { ...pair(alice), caCertificate: '-----BEGIN CERTIFICATE-----\n'.repeat(4600) }), 'caCertificate', CERTIFICATES],
    ['a public key', () => mtls('X', { ...pair(alice), clientPrivateKey: alice.cert }), 'clientPrivateKey', 'must be a private key in PEM'],
    ['a key that TLS finds too short', () => mtls('X', pair(short)), 'clientCertificate', /^cannot be used for TLS \(ERR_SSL_.*KEY_TOO_SMALL\)$/],
    ['MTLS without its certificate', () => mtls('KEPT', { clientCertificate: '  ' }), 'clientCertificate', 'is required for a credential of type MTLS'],
    ['a key while the certificate is cleared', () => mtls('KEPT', { clientCertificate: ' ', clientPrivateKey: alice.key }), 'clientPrivateKey', 'is given while clientCertificate is cleared'],
    ['a control character', () => mtls('X', { ...pair(alice), clientCertificate: `${alice.cert}\0` }), 'clientCertificate', 'must be a PEM text'],
    ['a key of another type', () => mtls('X', { ...pair(alice), apikey: 'planted' }), 'apikey', 'does not belong to a credential of type MTLS'],
    ['a reserved header for a key', () => ({ ...apikey('X'), apikeyHeader: 'Content-Length' }), 'apikeyHeader', 'is a reserved header'],
    ['a line break in a prefix', () => ({ ...apikey('X'), apikeyPrefix: 'a\r\nx-b: 1' }), 'apikeyPrefix', 'must not hold control characters'],
  ])('%s', async (_, fields, field, error) => {
    const before = await database.run('select c::text from sincewire.credential c order by 1')
    const { status, text, body } = await credential(fields())
    expect(status).toBe(400)
    expect(body.validationErrors?.[0]).toMatchObject({
      field: `manage.${field}`,
      error: typeof error === 'string' ? error : (expect.stringMatching(error) as string),
    })
    expect(text).not.toMatch(/planted|PRIVATE KEY|BEGIN/)
    expect(await database.run('select c::text from sincewire.credential c order by 1')).toEqual(before)
  }) // prettier-ignore
})

describe('certificates that expire', () => {
  test('are told of once a day, the first of all is known to the metrics, and renewed ones are told of no more', async () => {
    await ok(mtls('W1', pair(alice)))
    await ok(mtls('W2', { ...pair(alice), caCertificate: clients.ca }))
    const expireIn = (name: string, column: string, days: number) =>
      database.run(`update sincewire.credential set ${column} = now() + interval '${days} days' where credential_name = '${name}'`)
    await expireIn('W1', 'client_certificate_expires_at', 5)
    await expireIn('W2', 'ca_certificate_expires_at', -1)
    const told = async (days = 30) =>
      (await takeExpiring(database.db, days)).map(({ credentialName }) => credentialName)
    const days = (at: string | null) => Math.round((Date.parse(at ?? '') - Date.now()) / 86_400_000)
    const { client, ca } = await earliestExpiries(database.db)
    expect([days(client), days(ca)]).toEqual([5, -1])

    expect(await told(4)).toEqual(['W2'])
    expect((await Promise.all([told(), told(), told()])).flat()).toEqual(['W1'])
    expect(await told()).toEqual([])
    await database.run(`update sincewire.certificate_warning set warned_at = warned_at - interval '1 day'`)
    await ok({ credentialName: 'W2', caCertificate: '  ' })
    expect(await told()).toEqual(['W1'])
    await ok({ credentialName: 'W1', ...pair(renewed) })
    await database.run(`update sincewire.certificate_warning set warned_at = warned_at - interval '1 day'`)
    expect(await told()).toEqual([])
  }) // prettier-ignore
})
