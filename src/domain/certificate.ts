import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { fromMillis, type Instant } from './instant.ts'

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g

/**
 * The certificates of a PEM text in their order; what stands around them is left out. Undefined when one cannot be
 * read, when there is none, or when a private key is among them, which must not be kept in the clear.
 */
export function readCertificates(pem: string): readonly X509Certificate[] | undefined {
  if (pem.includes('PRIVATE KEY')) return undefined
  const blocks = pem.match(BLOCK) ?? []
  try {
    return blocks.length === 0 ? undefined : blocks.map((block) => new X509Certificate(block))
  } catch {
    return undefined
  }
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

/** A private key of a PEM text. */
export function readPrivateKey(pem: string, passphrase: string | undefined): PrivateKey {
  // What else stands in the text (certificates, parameters) may come before the key.
  const block = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----[\s\S]*?-----END \1PRIVATE KEY-----/.exec(pem)?.[0]
  if (block === undefined) return { kind: 'unreadable' }
  try {
    return { kind: 'key', key: createPrivateKey({ key: block, format: 'pem', passphrase: passphrase ?? '' }) }
  } catch {
    return { kind: /ENCRYPTED/.test(block) ? 'locked' : 'unreadable' }
  }
}
