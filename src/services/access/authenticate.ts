import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { FoundKey } from '../../db/client.ts'
import { ADMIN_KEY_CLIENT } from '../../domain/access/client.ts'
import { parseClientKey, type ClientKey } from '../../domain/access/clientKey.ts'
import type { Presented } from '../../domain/access/presented.ts'
import type { Caller } from '../../domain/caller.ts'
import { addressWithin } from '../../domain/clientAddress.ts'
import { SincewireError } from '../../domain/errors.ts'
import { Lru } from '../../outbound/lru.ts'
import type { KeyHasher } from '../../secrets/keyHash.ts'
import type { VerifyBearer } from './bearer.ts'
import type { Throttle } from './throttle.ts'

/**
 * Who makes a call that shows this. Throws `unauthenticated` for what is not accepted, in the same words and after the
 * same work whatever is wrong with it; `throttled` when too much of it came from the address; `forbidden` for a client
 * that calls from a place that is not its own.
 */
export type Authenticate = (presented: Presented, address: string | null) => Promise<Caller>

export interface AuthenticateParts {
  readonly findKey: (keyId: string) => Promise<FoundKey | undefined>
  /** Writes the use of a key down, if that was not done within the minute. */
  readonly noteUse: (keyId: string) => Promise<void>
  readonly hasher: KeyHasher
  readonly adminKey: string | undefined
  /** Undefined: no bearer token is accepted. */
  readonly bearer: VerifyBearer | undefined
  readonly throttle: Throttle
  /** Something was not accepted. Not told while an address has to wait, so nobody fills a log with it. */
  readonly onRefused: (refused: { readonly way: Presented['kind']; readonly address: string | null }) => void
  /** A use could not be written down; the call goes on. */
  readonly onTrouble: (error: unknown) => void
}

/** Keys remembered as verified, in memory. */
const REMEMBERED = 10_000

type KeyShown = Extract<Presented, { kind: 'key' }>

export function createAuthenticate(parts: AuthenticateParts): Authenticate {
  const { adminKey, bearer, throttle } = parts
  const isAdminKey = adminKey === undefined ? () => false : equalTo(adminKey)
  const isKeys = createVerified(parts.hasher)

  const fail = (way: Presented['kind'], address: string | null): SincewireError => {
    const wait = throttle.waitOf(address)
    throttle.count(address)
    if (wait !== undefined) return tooMany(wait)
    parts.onRefused({ way, address })
    return refusal()
  }

  const byKey = async (shown: KeyShown, address: string | null): Promise<Caller> => {
    const { key, client, via } = shown
    const wait = throttle.waitOf(address)
    const parsed = parseClientKey(key)
    const found = parsed && (await parts.findKey(parsed.keyId))
    // While an address has to wait it learns nothing: what it shows is not even compared with the right key.
    if (wait !== undefined && !(parsed && isKeys.remembered(parsed, found))) throw tooMany(wait)
    if ((client === null || client === ADMIN_KEY_CLIENT) && isAdminKey(key)) {
      return { client: ADMIN_KEY_CLIENT, role: 'admin', services: null, via: 'adminKey', address }
    }
    if (!parsed) throw fail('key', address)
    const right = await isKeys.verify(parsed, found)
    if (!right || !found?.usable || (client !== null && client !== found.clientName))
      throw fail('key', address)
    if (!addressWithin(address, found.addresses)) throw elsewhere()
    if (found.unwritten) await parts.noteUse(parsed.keyId).catch(parts.onTrouble)
    return { client: found.clientName, role: found.role, services: found.services, via, address }
  }

  return async (presented, address) => {
    switch (presented.kind) {
      case 'nothing':
        throw new SincewireError('unauthenticated', 'The call does not show who makes it')
      case 'unreadable':
        throw fail(presented.kind, address)
      case 'bearer': {
        const who = await bearer?.(presented.token)
        if (!who) throw fail(presented.kind, address)
        return { ...who, via: 'bearer', address }
      }
      case 'key':
        return byKey(presented, address)
    }
  }
}

/** Compares digests under a key of this process alone: of one length, and none of their bytes can be aimed at. */
function equalTo(wanted: string): (given: string) => boolean {
  const secret = randomBytes(32)
  const digest = (text: string) => createHmac('sha256', secret).update(text).digest()
  const right = digest(wanted)
  return (given) => timingSafeEqual(digest(given), right)
}

/**
 * Whether a key is the one whose hash is stored. What was verified once is remembered together with that hash, so
 * that scrypt runs once for each key and process; everything else about the key is read anew at each call.
 */
function createVerified(hasher: KeyHasher) {
  const processKey = randomBytes(32)
  const known = new Lru<string, true>(REMEMBERED)
  const running = new Map<string, Promise<boolean>>()
  const digestOf = ({ keyId, secret }: ClientKey, found: FoundKey | undefined) =>
    createHmac('sha256', processKey)
      .update(`${keyId} ${secret} ${found?.hash ?? ''}`)
      .digest('base64')
  return {
    remembered: (key: ClientKey, found: FoundKey | undefined) => known.get(digestOf(key, found)) === true,
    verify(key: ClientKey, found: FoundKey | undefined): Promise<boolean> {
      const digest = digestOf(key, found)
      if (known.get(digest)) return Promise.resolve(true)
      const verify = async () => {
        const right = await hasher.verify(key.secret, found?.hash)
        if (right) known.set(digest, true)
        return right
      }
      // Calls that come at once with a new key wait for one answer.
      const already = running.get(digest)
      if (already) return already
      const now = verify().finally(() => running.delete(digest))
      running.set(digest, now)
      return now
    },
  }
}

function refusal(): SincewireError {
  return new SincewireError('unauthenticated', 'The credentials are not accepted')
}

function tooMany(retryAfterSeconds: number): SincewireError {
  return new SincewireError('throttled', 'Too many failed attempts from this address', { retryAfterSeconds })
}

function elsewhere(): SincewireError {
  return new SincewireError('forbidden', 'This client may not call from this address')
}
