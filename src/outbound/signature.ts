import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'

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
