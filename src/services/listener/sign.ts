import type { StoredListener } from '../../db/listener.ts'
import { GENERATE, makeSigningSecret } from '../../domain/registration/signingSecret.ts'
import type { Vault } from '../../secrets/vault.ts'
import { signingContext } from '../secrets/registry.ts'

export interface SignDeps {
  readonly vault: Vault
  /** Dice for new signing secrets. */
  readonly random: (size: number) => Buffer
}

/** A secret made on request: shown in the answer to that request and never again. */
export interface GeneratedSecret {
  readonly listenerName: string
  readonly signingSecret: string
}

export interface Signed {
  readonly listener: StoredListener
  readonly changed: boolean
  readonly generated?: GeneratedSecret
}

/** The listener with the secret asked for: `whsec_…`, GENERATE, null for none, undefined for the present one. */
export function sign(deps: SignDeps, listener: StoredListener, asked: string | null | undefined): Signed {
  const { vault, random } = deps
  const { listenerName, signingSecret: present, uid } = listener
  const context = signingContext(uid)
  if (asked === undefined) return { listener, changed: false }
  if (asked === null) {
    return { listener: { ...listener, signingSecret: null, signingKeyId: null }, changed: present !== null }
  }
  if (asked === GENERATE) {
    const signingSecret = makeSigningSecret(random)
    return { ...seal(vault, listener, signingSecret), generated: { listenerName, signingSecret } }
  }
  if (present && vault.open(present, context) === asked) return { listener, changed: false }
  return seal(vault, listener, asked)
}

function seal(vault: Vault, listener: StoredListener, secret: string): Signed {
  const signingSecret = vault.seal(secret, signingContext(listener.uid))
  return { listener: { ...listener, signingSecret, signingKeyId: vault.keyId }, changed: true }
}
