import { createPublicKey, randomBytes, verify } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { Webhook as SvixWebhook } from 'svix'
import { describe, expect, test } from 'vitest'
import type { OpenCredential } from '../../src/domain/credential.ts'
import { fromMillis } from '../../src/domain/instant.ts'
import { signatureFault } from '../../src/domain/signature.ts'
import { makeKeyPair, signingKey, verifyingKey } from '../../src/domain/signingKey.ts'
import type { SigningKey } from '../../src/outbound/deliver.ts'
import { receiver } from '../support/index.ts'
import { delivery } from './support/delivery.ts'

const hooks = await receiver()
const apikey: OpenCredential = { type: 'APIKEY', credentialName: 'k', revision: 0, apikey: 'key' }
const whsec = () => `whsec_${randomBytes(32).toString('base64')}`
const lasting = (secret: string): SigningKey => ({ secret, until: null })

/** What a receiver gets that was signed with these keys. */
async function signed(keys: readonly SigningKey[], clock: () => number = Date.now) {
  const body = Buffer.from(`{"text":"${'é'.repeat(1000)}"}`)
  await delivery(hooks.url, apikey, { signingKeys: keys, clock }).send({ body, webhookId: 'msg_1' })
  const call = hooks.calls.at(-1)!
  return { body: call.body, headers: call.headers as Record<string, string> }
}

/** As the specification says it, with nothing of ours: the 32 bytes after whpk_ are the key (RFC 8032). */
function verifiesV1a(publicKey: string, body: Buffer, headers: Record<string, string>): boolean {
  const x = Buffer.from(publicKey.slice('whpk_'.length), 'base64').toString('base64url')
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  const message = Buffer.concat([
    Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.`),
    body,
  ])
  return headers['webhook-signature']!.split(' ').some((one) => {
    const [version, base64 = ''] = one.split(',')
    return version === 'v1a' && verify(null, message, key, Buffer.from(base64, 'base64'))
  })
}

// Neither package knows v1a: both skip what is not v1, which is what a header of several kinds needs of them.
const libraries = [
  ['standardwebhooks', (secret: string) => new Webhook(secret)],
  ['svix', (secret: string) => new SvixWebhook(secret)],
] as const

describe.each(libraries)('the package %s', (_, library) => {
  test('verifies v1, alone and beside v1a, and refuses other bytes', async () => {
    const secret = whsec()
    const { privateKey } = makeKeyPair(randomBytes)
    for (const keys of [[secret], [secret, privateKey], [privateKey, secret]]) {
      const { body, headers } = await signed(keys.map(lasting))
      expect(() => library(secret).verify(body, headers)).not.toThrow()
      expect(() => library(secret).verify(`${body.toString()} `, headers)).toThrow('No matching signature')
    }
    const { body, headers } = await signed([lasting(privateKey)])
    expect(() => library(secret).verify(body, headers)).toThrow('No matching signature')
  })

  test('verifies with the old secret and with the new one during an overlap, and with the new one after it', async () => {
    const [old, young] = [whsec(), whsec()]
    const end = Date.now() + 1000
    const keys = [lasting(young), { secret: old, until: fromMillis(end) }]
    const during = await signed(keys, () => end - 1)
    const after = await signed(keys, () => end)
    for (const secret of [old, young]) {
      expect(() => library(secret).verify(during.body, during.headers)).not.toThrow()
    }
    expect(() => library(young).verify(after.body, after.headers)).not.toThrow()
    expect(() => library(old).verify(after.body, after.headers)).toThrow('No matching signature')
  })
})

describe('v1a', () => {
  test('verifies with the public key by the words of the specification, and only for the bytes that were sent', async () => {
    const { privateKey, publicKey } = makeKeyPair(randomBytes)
    expect(publicKey).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/)
    const { body, headers } = await signed([lasting(privateKey)])
    expect(headers['webhook-signature']).toMatch(/^v1a,[A-Za-z0-9+/]{86}==$/)
    expect(verifiesV1a(publicKey, body, headers)).toBe(true)
    expect(verifiesV1a(publicKey, Buffer.concat([body, Buffer.from(' ')]), headers)).toBe(false)
    expect(verifiesV1a(publicKey, body, { ...headers, 'webhook-id': 'msg_2' })).toBe(false)
    expect(verifiesV1a(makeKeyPair(randomBytes).publicKey, body, headers)).toBe(false)
  })

  test('is made by the old key and the new one during an overlap', async () => {
    const [old, young] = [makeKeyPair(randomBytes), makeKeyPair(randomBytes)]
    const end = Date.now() + 1000
    const keys = [lasting(young.privateKey), { secret: old.privateKey, until: fromMillis(end) }]
    const [during, after] = [await signed(keys, () => end - 1), await signed(keys, () => end)]
    const who = ({ body, headers }: typeof during) =>
      [old, young].map(({ publicKey }) => verifiesV1a(publicKey, body, headers))
    expect([who(during), who(after)]).toEqual([[true, true], [false, true]]) // prettier-ignore
  })

  test('gives the signature of the test vector (RFC 8032, section 7.1, test 1), its key written as whsk_', () => {
    const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex')
    const { privateKey, publicKey } = makeKeyPair(() => seed)
    const wanted = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'
    expect(Buffer.from(publicKey.slice(5), 'base64').toString('hex')).toBe(wanted)
    expect(Buffer.from(privateKey.slice(5), 'base64').toString('hex')).toBe(seed.toString('hex') + wanted)
    expect(signingKey(privateKey).asymmetricKeyType).toBe('ed25519')
  })
})

describe('our own receiver', () => {
  const now = () => Date.now() / 1000

  test('takes a call that one of its keys has signed, whichever of the two kinds', async () => {
    const [secret, pair] = [whsec(), makeKeyPair(randomBytes)]
    const both = await signed([lasting(secret), lasting(pair.privateKey)])
    for (const text of [secret, pair.publicKey]) {
      expect(signatureFault([verifyingKey(text)!], both.headers, both.body, now())).toBeUndefined()
    }
    const strangers = [whsec(), makeKeyPair(randomBytes).publicKey].map((text) => verifyingKey(text)!)
    expect(signatureFault(strangers, both.headers, both.body, now())).toBe('wrongly signed')
    expect(
      signatureFault([...strangers, verifyingKey(secret)!], both.headers, both.body, now()),
    ).toBeUndefined()
  })

  test('takes no signature of one kind for one of the other, and no key that is none', async () => {
    const pair = makeKeyPair(randomBytes)
    const { headers, body } = await signed([lasting(pair.privateKey)])
    const disguised = {
      ...headers,
      'webhook-signature': headers['webhook-signature']!.replace('v1a,', 'v1,'),
    }
    expect(signatureFault([verifyingKey(pair.publicKey)!], disguised, body, now())).toBe('wrongly signed')
    for (const text of ['whpk_', 'whpk_AAAA', 'whsec_', pair.privateKey, 'hunter2', '']) {
      expect(verifyingKey(text)).toBeUndefined()
    }
  })
})
