import { createHmac, sign as signEd25519, timingSafeEqual, verify, type KeyObject } from 'node:crypto'

/** The versions of Standard Webhooks' signatures: HMAC-SHA256, and ed25519. */
export type SignatureVersion = 'v1' | 'v1a'

/**
 * The three headers of Standard Webhooks (specification 1.0, "Webhook headers"): a signature for each key, parted by
 * blanks, over `<id>.<timestamp>.<body>`. A shared secret makes a `v1`, an ed25519 private key a `v1a`.
 */
export function signatureHeaders(
  keys: readonly KeyObject[],
  webhookId: string,
  timestampSeconds: number,
  body: Buffer,
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  return {
    'webhook-id': webhookId,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': keys.map((key) => signature(key, webhookId, timestampSeconds, body)).join(' '),
  }
}

/** One signature with its version. */
export function signature(key: KeyObject, webhookId: string, timestampSeconds: number, body: Buffer): string {
  const head = `${webhookId}.${timestampSeconds}.`
  // The body's bytes are hashed where they lie; ed25519 goes over its message twice and needs it in one piece.
  if (key.type === 'secret') {
    return `v1,${createHmac('sha256', key).update(head).update(body).digest('base64')}`
  }
  return `v1a,${signEd25519(null, Buffer.concat([Buffer.from(head), body]), key).toString('base64')}`
}

/**
 * Whether one of the signatures (there are several while keys change) is of one of the keys and the timestamp is within
 * `toleranceSeconds` of `nowSeconds`. Undefined when it is; otherwise what is wrong.
 */
export function signatureFault(
  keys: readonly KeyObject[],
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: Buffer,
  nowSeconds: number,
  toleranceSeconds = 300,
): string | undefined {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    String(headers[name] ?? ''),
  )
  if (!id || !timestamp || !signatures) return 'not signed'
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(Number(timestamp) - nowSeconds) > toleranceSeconds) {
    return 'signed at another time'
  }
  const seconds = Number(timestamp)
  const right = signatures
    .split(' ')
    .some((given) => keys.some((key) => isSignature(key, given, id, seconds, body)))
  return right ? undefined : 'wrongly signed'
}

function isSignature(key: KeyObject, given: string, id: string, seconds: number, body: Buffer): boolean {
  if (key.type === 'secret')
    return sameBytes(Buffer.from(given), Buffer.from(signature(key, id, seconds, body)))
  if (!given.startsWith('v1a,')) return false
  const message = Buffer.concat([Buffer.from(`${id}.${seconds}.`), body])
  return verify(null, message, key, Buffer.from(given.slice('v1a,'.length), 'base64'))
}

function sameBytes(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
