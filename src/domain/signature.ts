import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto'

/**
 * A signing secret as Standard Webhooks writes it: `whsec_` and the key in base64 (24 to 64 bytes).
 * Throws a RangeError that does not repeat it when it is not one.
 */
export function signingKey(secret: string): KeyObject {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  if (key.length === 0) throw new RangeError('a signing secret is whsec_ and the key in base64')
  return createSecretKey(key)
}

/**
 * The three headers of Standard Webhooks (specification 1.0, "Webhook headers"): the signature is an HMAC-SHA256 over
 * `<id>.<timestamp>.<body>`. The body's bytes are hashed where they lie.
 */
export function signatureHeaders(
  key: KeyObject,
  webhookId: string,
  timestampSeconds: number,
  body: Buffer,
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  return {
    'webhook-id': webhookId,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': `v1,${sign(key, webhookId, timestampSeconds, body)}`,
  }
}

/** The signature itself, base64. */
export function sign(key: KeyObject, webhookId: string, timestampSeconds: number, body: Buffer): string {
  return createHmac('sha256', key).update(`${webhookId}.${timestampSeconds}.`).update(body).digest('base64')
}

/**
 * Whether one of the signatures (the header holds several, parted by blanks, while secrets change) is ours and the
 * timestamp is within `toleranceSeconds` of `nowSeconds`. Undefined when it is; otherwise what is wrong.
 */
export function signatureFault(
  key: KeyObject,
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
  const wanted = Buffer.from(`v1,${sign(key, id, Number(timestamp), body)}`)
  const right = signatures.split(' ').some((given) => sameBytes(Buffer.from(given), wanted))
  return right ? undefined : 'wrongly signed'
}

function sameBytes(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
