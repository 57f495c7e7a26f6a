import type { Replaced, Sealed, StoredSecrets } from '../../db/listenerSecrets.ts'
import type { StoredListener } from '../../db/listener.ts'
import { addMillis, type Instant } from '../../domain/instant.ts'
import type { ListenerRequest } from '../../domain/registration/decideListener.ts'
import { GENERATE, makeSigningSecret } from '../../domain/registration/signingSecret.ts'
import { makeKeyPair } from '../../domain/signingKey.ts'
import type { Vault } from '../../secrets/vault.ts'
import { headersContext, privateKeyContext, signingContext } from '../secrets/registry.ts'

export interface SecretDeps {
  readonly vault: Vault
  /** Dice for new keys. */
  readonly random: (size: number) => Buffer
  /** How long a key that is replaced goes on signing, unless the call says otherwise. */
  readonly signatureOverlapHours: number
}

/** A secret made on request: shown in the answer to that request and never again. */
export interface GeneratedSecret {
  readonly listenerName: string
  readonly signingSecret: string
}

/** The public half of a key pair made on request. */
export interface GeneratedKey {
  readonly listenerName: string
  readonly publicKey: string
}

export interface Applied {
  readonly listener: StoredListener
  readonly changed: boolean
  readonly generatedSecret?: GeneratedSecret | undefined
  readonly generatedKey?: GeneratedKey | undefined
}

/** The listener with the signing keys and headers that a call asks for. What is not given stays as it is. */
export function applySecrets(
  deps: SecretDeps,
  listener: StoredListener,
  request: ListenerRequest,
  now: Instant,
): Applied {
  const { listenerName } = listener
  const hours = request.signingOverlapHours ?? deps.signatureOverlapHours
  const given = request.signingOverlapHours !== undefined
  const overlap: Overlap = { until: hours === 0 ? null : addMillis(now, hours * 3_600_000), given }
  const v1 = applySigningSecret(deps, listener, request.signingSecret, overlap)
  const v1a = applySigningKey(deps, listener, request.signingKey, overlap)
  const headers = applyHeaders(deps, listener, request.headers)
  const changes = [v1.change, v1a.change, headers].filter((change) => change !== undefined)
  return {
    listener: Object.assign({ ...listener }, ...changes) as StoredListener,
    changed: changes.length > 0,
    generatedSecret: v1.shown === undefined ? undefined : { listenerName, signingSecret: v1.shown },
    generatedKey: v1a.shown === undefined ? undefined : { listenerName, publicKey: v1a.shown },
  }
}

interface Overlap {
  /** Until when a replaced key signs; null: not at all. */
  readonly until: Instant | null
  /** The call asks for it, so that one under way changes too. */
  readonly given: boolean
}

interface KeyChange {
  readonly change?: Partial<StoredSecrets> | undefined
  readonly shown?: string
}

/** `asked`: `whsec_…`, GENERATE, null for none, undefined for the present one. */
function applySigningSecret(
  { vault, random }: SecretDeps,
  listener: StoredListener,
  asked: string | null | undefined,
  overlap: Overlap,
): KeyChange {
  const { signingSecret: present, previousSecret } = listener
  const context = signingContext(listener.uid)
  if (asked === null) {
    return present || previousSecret ? { change: { signingSecret: null, previousSecret: null } } : {}
  }
  if (asked === undefined || (present && vault.open(present.bytes, context) === asked)) {
    const rest = retimed(previousSecret, overlap)
    return rest === undefined ? {} : { change: { previousSecret: rest } }
  }
  const secret = asked === GENERATE ? makeSigningSecret(random) : asked
  const change = { signingSecret: seal(vault, secret, context), previousSecret: replaced(present, overlap) }
  return asked === GENERATE ? { change, shown: secret } : { change }
}

/** `asked`: GENERATE, null for none, undefined for the present one. */
function applySigningKey(
  { vault, random }: SecretDeps,
  listener: StoredListener,
  asked: typeof GENERATE | null | undefined,
  overlap: Overlap,
): KeyChange {
  const { privateKey: present, previousPrivateKey } = listener
  if (asked === null) {
    return present || previousPrivateKey ? { change: { privateKey: null, previousPrivateKey: null } } : {}
  }
  if (asked === undefined) {
    const rest = retimed(previousPrivateKey, overlap)
    return rest === undefined ? {} : { change: { previousPrivateKey: rest } }
  }
  const { privateKey, publicKey } = makeKeyPair(random)
  const sealed = seal(vault, privateKey, privateKeyContext(listener.uid))
  return {
    change: { privateKey: { ...sealed, publicKey }, previousPrivateKey: replaced(present, overlap) },
    shown: publicKey,
  }
}

function applyHeaders(
  { vault }: SecretDeps,
  { uid, headers: present }: StoredListener,
  asked: Readonly<Record<string, string>> | undefined,
): Partial<StoredSecrets> | undefined {
  if (asked === undefined) return undefined
  const names = Object.keys(asked).toSorted()
  if (names.length === 0) return present ? { headers: null } : undefined
  const text = JSON.stringify(Object.fromEntries(names.map((name) => [name, asked[name]])))
  if (present && vault.open(present.bytes, headersContext(uid)) === text) return undefined
  return { headers: { ...seal(vault, text, headersContext(uid)), names } }
}

function replaced(present: Sealed | null, { until }: Overlap): Replaced | null {
  return present && until !== null ? { bytes: present.bytes, keyId: present.keyId, until } : null
}

/** The overlap that is under way with the end that the call asks for; undefined: nothing to change. */
function retimed(previous: Replaced | null, { until, given }: Overlap): Replaced | null | undefined {
  if (!previous || !given) return undefined
  return until === null ? null : { ...previous, until }
}

function seal(vault: Vault, text: string, context: string): Sealed {
  const bytes = vault.seal(text, context)
  return { bytes, keyId: vault.keyId } // the id is that of the key that sealed just now
}
