import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { fromMillis, type Instant } from './instant.ts'

/** Whoever opens a locked key waits for its rounds: so many take about a third of a second. */
const MAX_ROUNDS = 1_000_000

/**
 * The certificates of a PEM text in their order; what stands around them is left out. Undefined when one cannot be
 * read, when there is none, or when a private key is among them, which must not be kept in the clear.
 */
export function readCertificates(pem: string): readonly X509Certificate[] | undefined {
  if (pem.includes('PRIVATE KEY')) return undefined
  const blocks = blocksOf(pem, 'CERTIFICATE')
  try {
    return blocks.length === 0 ? undefined : blocks.map((block) => new X509Certificate(block))
  } catch {
    return undefined
  }
}

/** No regular expression: one that looks for the end anew behind every beginning takes seconds for a hostile text. */
function blocksOf(pem: string, label: string): string[] {
  const [begin, end] = [`-----BEGIN ${label}-----`, `-----END ${label}-----`]
  const blocks: string[] = []
  for (let from = pem.indexOf(begin); from >= 0; from = pem.indexOf(begin, from)) {
    const to = pem.indexOf(end, from)
    if (to < 0) break
    blocks.push(pem.slice(from, to + end.length))
    from = to + end.length
  }
  return blocks
}

/** The certificates in the one spelling that is kept. */
export function toPem(certificates: readonly X509Certificate[]): string {
  return certificates.map(String).join('')
}

/** The moment after which the certificate is no longer valid. */
export function expiryOf(certificate: X509Certificate): Instant {
  return fromMillis(Date.parse(certificate.validTo))
}

/** When the first of them expires. */
export function firstExpiry(certificates: readonly X509Certificate[]): Instant | undefined {
  return certificates.map(expiryOf).sort()[0]
}

export type PrivateKey =
  | { readonly kind: 'key'; readonly key: KeyObject }
  | { readonly kind: 'unreadable' }
  /** It is encrypted and no passphrase, or another one, was given. */
  | { readonly kind: 'locked' }
  /** Its lock takes too many rounds to open. */
  | { readonly kind: 'costly' }

/** A private key of a PEM text. */
export function readPrivateKey(pem: string, passphrase: string | undefined): PrivateKey {
  // What else stands in the text (certificates, parameters) may come before the key.
  const label = /-----BEGIN ([A-Z ]{0,20}PRIVATE KEY)-----/.exec(pem)?.[1]
  const [block] = label === undefined ? [] : blocksOf(pem, label)
  if (block === undefined) return { kind: 'unreadable' }
  if (label === 'ENCRYPTED PRIVATE KEY' && largestInteger(derOf(block)) > MAX_ROUNDS)
    return { kind: 'costly' }
  try {
    return { kind: 'key', key: createPrivateKey({ key: block, format: 'pem', passphrase: passphrase ?? '' }) }
  } catch {
    return { kind: /ENCRYPTED/.test(block) ? 'locked' : 'unreadable' }
  }
}

function derOf(block: string): Buffer {
  return Buffer.from(block.split('\n').slice(1, -1).join(''), 'base64')
}

/** The largest INTEGER outside strings: in a locked key (RFC 5958, section 3) the rounds of its key derivation. */
function largestInteger(der: Buffer, depth = 0): number {
  if (depth > 10) return Infinity
  let largest = 0
  for (let at = 0; at + 2 <= der.length;) {
    const [tag, short = 0] = der.subarray(at, at + 2)
    const lengthBytes = short > 0x80 ? short - 0x80 : 0
    const start = at + 2 + lengthBytes
    // Lengths that are left open (0x80), too long or cut off are not DER.
    if (short === 0x80 || lengthBytes > 4 || start > der.length) return Infinity
    const length = lengthBytes === 0 ? short : der.readUIntBE(at + 2, lengthBytes)
    const content = der.subarray(start, start + length)
    if (tag === 0x30) largest = Math.max(largest, largestInteger(content, depth + 1))
    if (tag === 0x02) largest = Math.max(largest, Number(`0x${content.toString('hex') || '0'}`))
    at = start + length
  }
  return largest
}
