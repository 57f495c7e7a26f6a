const PREFIX = 'whsec_'
const BYTES = { min: 24, max: 64, generated: 32 } as const

/** Asks for a new secret instead of giving one. */
export const GENERATE = 'GENERATE'

/** What is wrong with a secret asked for: GENERATE, or Standard Webhooks' `whsec_` and base64 of 24 to 64 bytes. */
export function signingSecretFault(text: string): string | undefined {
  if (text === GENERATE) return undefined
  const base64 = text.slice(PREFIX.length)
  const bytes = Buffer.from(base64, 'base64')
  const wellFormed =
    text.startsWith(PREFIX) &&
    bytes.toString('base64') === base64 &&
    bytes.length >= BYTES.min &&
    bytes.length <= BYTES.max
  return wellFormed
    ? undefined
    : `must be ${GENERATE}, or ${PREFIX} and base64 of ${BYTES.min} to ${BYTES.max} bytes`
}

/** A new secret from the given dice. */
export function makeSigningSecret(random: (size: number) => Buffer): string {
  return PREFIX + random(BYTES.generated).toString('base64')
}
