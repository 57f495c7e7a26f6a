import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'

/**
 * Keys as Standard Webhooks writes them (specification 1.0, "Signature scheme"): `whsec_` a shared secret, `whsk_` an
 * ed25519 private key (seed and public key, 64 bytes), `whpk_` its public key, each followed by base64.
 */
export interface KeyPair {
  readonly privateKey: string
  readonly publicKey: string
}

/** What DER puts before the 32 bytes of an ed25519 seed (RFC 8410, section 7) or public key (section 4). */
const PRIVATE_DER = Buffer.from('302e020100300506032b657004220420', 'hex')
const PUBLIC_DER = Buffer.from('302a300506032b6570032100', 'hex')

/** A new ed25519 key pair from the given dice. */
export function makeKeyPair(random: (size: number) => Buffer): KeyPair {
  const seed = random(32)
  const spki = createPublicKey(fromSeed(seed)).export({ type: 'spki', format: 'der' })
  const publicKey = spki.subarray(PUBLIC_DER.length)
  return {
    privateKey: `whsk_${Buffer.concat([seed, publicKey]).toString('base64')}`,
    publicKey: `whpk_${publicKey.toString('base64')}`,
  }
}

/** The key behind `whsec_…` or `whsk_…`. Throws a RangeError that does not repeat it when it is neither. */
export function signingKey(secret: string): KeyObject {
  const bytes = bytesOf(secret)
  if (secret.startsWith('whsk_') && bytes.length === 64) return fromSeed(bytes.subarray(0, 32))
  if (secret.startsWith('whsk_') || bytes.length === 0) {
    throw new RangeError('a signing key is whsec_ or whsk_ and the key in base64')
  }
  return createSecretKey(bytes)
}

/** The key behind `whsec_…` or `whpk_…`, for receivers; undefined when it is neither. */
export function verifyingKey(text: string): KeyObject | undefined {
  const bytes = bytesOf(text)
  if (text.startsWith('whpk_')) {
    if (bytes.length !== 32) return undefined
    return createPublicKey({ key: Buffer.concat([PUBLIC_DER, bytes]), format: 'der', type: 'spki' })
  }
  return text.startsWith('whsec_') && bytes.length > 0 ? createSecretKey(bytes) : undefined
}

function fromSeed(seed: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PRIVATE_DER, seed]), format: 'der', type: 'pkcs8' })
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text.replace(/^wh[a-z]+_/, ''), 'base64')
}
