import { hash } from 'node:crypto'
import type { Client } from '../client.ts'
import type { Failure } from '../failure.ts'
import { identityOf } from '../agents.ts'
import { Lru } from '../lru.ts'
import type { Authenticate, Authenticated, CredentialOf } from './authenticate.ts'
import { grantToken, type ClientAuthMethod, type Granted, type NotGranted } from './tokenGrant.ts'

export interface OauthOptions {
  readonly client: Client
  /** For one request to a token endpoint. */
  readonly timeoutMilliseconds: number
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

/** Lifetime of a token whose server does not say (RFC 6749, section 5.1 only recommends expires_in). */
const DEFAULT_LIFETIME_SECONDS = 300
/** Contents of credentials whose tokens are kept. */
const MAX_TOKENS = 10_000

/** What is kept of one credential's content: its token, or the request that is under way for one. */
interface Held {
  readonly flight: Promise<Granted | NotGranted>
  readonly token?: string
  /** From then on a new one is fetched. */
  readonly renewAt: number
}

/**
 * OAuth client credentials. A token is kept until a little before it ends; while one is being fetched, everybody
 * waits for that one request. The secret is shown by client_secret_basic, as RFC 6749 asks every server to support,
 * and by client_secret_post to those that refuse it; what worked is remembered.
 */
export function oauth(options: OauthOptions): Authenticate<CredentialOf<'OAUTH'>> {
  const tokens = new Lru<string, Held>(MAX_TOKENS)
  const methods = new Lru<string, ClientAuthMethod>(MAX_TOKENS)
  const { client, clock } = options

  const grant = async (credential: CredentialOf<'OAUTH'>, key: string) => {
    const seconds = options.timeoutMilliseconds / 1000
    const preferred = methods.get(key) ?? 'client_secret_basic'
    const first = await grantToken(client, credential, preferred, seconds)
    if (first.kind === 'granted' || !first.clientRefused) return first
    const other = preferred === 'client_secret_basic' ? 'client_secret_post' : 'client_secret_basic'
    const second = await grantToken(client, credential, other, seconds)
    if (second.kind === 'granted') methods.set(key, other)
    // Refused both ways: the first answer is the one about the way that the server prefers, as far as we know.
    return second.kind === 'granted' || !second.clientRefused ? second : first
  }

  const fetchToken = (credential: CredentialOf<'OAUTH'>, key: string) => {
    const flight = grant(credential, key).then((result) => {
      if (result.kind === 'granted') {
        const renewAt = clock() + usableSeconds(result.expiresInSeconds) * 1000
        tokens.set(key, { flight, token: result.token, renewAt })
      } else tokens.delete(key)
      return result
    })
    tokens.set(key, { flight, renewAt: Infinity })
    return flight
  }

  const authenticate = async (
    credential: CredentialOf<'OAUTH'>,
    stale?: string,
  ): Promise<Authenticated | Failure> => {
    // The content, not the name: a credential made again under the same name has tokens of its own.
    const key = hash('sha256', contentOf(credential))
    const held = tokens.get(key)
    const usable = held && held.renewAt > clock() && (stale === undefined || held.token !== stale)
    const result = await (usable ? held.flight : fetchToken(credential, key))
    if (result.kind === 'failed') return { kind: 'failed', reason: result.reason, message: result.message }
    const { token } = result
    return {
      kind: 'authenticated',
      headers: { authorization: `Bearer ${token}` },
      secrets: [token],
      // Another call may have renewed it meanwhile: then that one is taken.
      renew: () => authenticate(credential, token),
    }
  }
  return (credential) => authenticate(credential)
}

/** A token is renewed max(30 s, 10 %) before it ends, but a short-lived one is used for half its life at least. */
function usableSeconds(expiresIn = DEFAULT_LIFETIME_SECONDS): number {
  return expiresIn - Math.min(Math.max(30, expiresIn / 10), expiresIn / 2)
}

function contentOf(credential: CredentialOf<'OAUTH'>): string {
  const { oauthTokenUrl, oauthClientId, oauthClientSecret, oauthScope, tls } = credential
  // A token may be bound to the certificate that it was given to (RFC 8705).
  return JSON.stringify([oauthTokenUrl, oauthClientId, oauthClientSecret, oauthScope, identityOf(tls)])
}
