/** A client's key: `sw_`, an id that is no secret and finds its row, and 32 random bytes. */
export interface ClientKey {
  readonly keyId: string
  readonly secret: string
}

const FORM = /^sw_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/

/** Undefined when the text has not the form of a key. */
export function parseClientKey(text: string): ClientKey | undefined {
  const [, keyId, secret] = FORM.exec(text) ?? []
  return keyId === undefined || secret === undefined ? undefined : { keyId, secret }
}

export function formatClientKey({ keyId, secret }: ClientKey): string {
  return `sw_${keyId}_${secret}`
}

/** A new key from the given dice. */
export function makeClientKey(random: (size: number) => Buffer): ClientKey {
  return { keyId: random(8).toString('hex'), secret: random(32).toString('base64url') }
}
