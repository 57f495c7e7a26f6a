import { createRemoteJWKSet, customFetch, errors, jwtVerify, type JWTPayload } from 'jose'
import { clientRoles, type Caller, type ClientRole } from '../../domain/caller.ts'
import { SincewireError } from '../../domain/errors.ts'
import { plainTextFault } from '../../domain/registration/text.ts'
import type { Client } from '../../outbound/client.ts'

export interface BearerRules {
  readonly issuer: string
  readonly audience: string
  readonly jwksUrl: string
  readonly algorithms: readonly string[]
  readonly clockToleranceSeconds: number
  /** The claim that holds roles; dots lead into objects. */
  readonly roleClaim: string
  /** What a role of ours begins with there. */
  readonly rolePrefix: string
  /** The claim that limits to services; absent from a token: not limited. */
  readonly servicesClaim: string
  /** An unknown key id asks the issuer again at most that often: anybody can make one up. */
  readonly keysCooldownSeconds: number
}

/** Who a token speaks for; undefined: it is not accepted. Throws `forbidden` for a valid one that gives no role. */
export type VerifyBearer = (
  token: string,
) => Promise<Pick<Caller, 'client' | 'role' | 'services'> | undefined>

const FETCH_MILLISECONDS = 5_000
const CACHE_MILLISECONDS = 600_000
const MAX_TOKEN_LENGTH = 16_384

/** jose's codes for key sets that cannot be had or read: nothing that the caller could mend. */
const ISSUERS_FAULTS = new Set(['ERR_JOSE_GENERIC', 'ERR_JWKS_INVALID', 'ERR_JWKS_TIMEOUT'])

/** `client`: the guarded one. */
export function createBearer(rules: BearerRules, client: Pick<Client, 'fetch'>): VerifyBearer {
  const cooldown = rules.keysCooldownSeconds * 1000
  const keys = createRemoteJWKSet(new URL(rules.jwksUrl), {
    timeoutDuration: FETCH_MILLISECONDS,
    cooldownDuration: cooldown,
    cacheMaxAge: CACHE_MILLISECONDS,
    [customFetch]: patient((url, init) => client.fetch(url, init as object), cooldown),
  })
  const { issuer, audience, algorithms, clockToleranceSeconds: clockTolerance } = rules
  const told = new WeakSet()
  return async (token) => {
    if (token.length > MAX_TOKEN_LENGTH) return undefined
    try {
      const { payload } = await jwtVerify(token, keys, {
        ...{ issuer, audience, clockTolerance, algorithms: [...algorithms] },
        requiredClaims: ['exp', 'sub'],
      })
      return callerOf(payload, rules)
    } catch (error) {
      if (error instanceof SincewireError) throw error
      if (error instanceof errors.JOSEError && !ISSUERS_FAULTS.has(error.code)) return undefined
      // Once for each failure, however many calls meet it: anybody can make them.
      const cause = told.has(error as object) ? undefined : error
      told.add(error as object)
      const message = 'The issuer of bearer tokens does not answer'
      throw new SincewireError('unavailable', message, { cause, retryAfterSeconds: 5 })
    }
  }
}

/** jose's own cool-down follows a success only: an issuer that fails is not asked at every call either. */
function patient(
  fetch: (url: string, init: RequestInit) => Promise<Response>,
  cooldown: number,
): typeof fetch {
  let failed: { readonly at: number; readonly error: unknown } | undefined
  return async (url, init) => {
    if (failed && performance.now() - failed.at < cooldown) throw failed.error
    try {
      const answer = await fetch(url, init)
      if (answer.status !== 200) throw new Error(`the JWKS URL answered ${answer.status}`)
      failed = undefined
      return answer
    } catch (error) {
      failed = { at: performance.now(), error }
      throw error
    }
  }
}

function callerOf(
  payload: JWTPayload,
  rules: BearerRules,
): Pick<Caller, 'client' | 'role' | 'services'> | undefined {
  const { sub = '' } = payload
  if (sub === '' || sub.length > 255 || plainTextFault(sub) !== undefined) return undefined
  const role = highest(textsOf(claimAt(payload, rules.roleClaim)), rules.rolePrefix)
  if (!role) throw new SincewireError('forbidden', 'The token gives no role here')
  const claimed = claimAt(payload, rules.servicesClaim)
  const services = claimed === undefined ? null : textsOf(claimed)
  if (services !== null && (role === 'operator' || role === 'admin')) {
    throw new SincewireError(
      'forbidden',
      `The token limits an ${role} to services, which only readers and integrators can be`,
    )
  }
  return { client: `oidc:${sub}`, role, services }
}

function highest(texts: readonly string[], prefix: string): ClientRole | undefined {
  return clientRoles.findLast((role) => texts.includes(`${prefix}${role}`))
}

/** A list of texts, or one text with blanks between, as scopes are written. */
function textsOf(claim: unknown): readonly string[] {
  if (typeof claim === 'string') return claim.split(' ').filter((each) => each !== '')
  return Array.isArray(claim) ? claim.filter((each) => typeof each === 'string') : []
}

/** The claim of that very name (claims are often URLs), or else the one where its dots lead. */
function claimAt(payload: JWTPayload, path: string): unknown {
  if (Object.hasOwn(payload, path)) return payload[path]
  let value: unknown = payload
  for (const part of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Record<string, unknown>)[part]
  }
  return value
}
