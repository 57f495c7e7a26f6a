import {
  allowInsecureRequests,
  clientCredentialsGrant,
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
  customFetch,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
  type ClientAuth,
} from 'openid-client'
import type { RequestInit } from 'undici'
import type { CredentialOf } from './authenticate.ts'
import { RefusedTarget, type Client } from '../client.ts'
import { failed, failureOf, type Failure } from '../failure.ts'

/** How the client's secret is shown to a token endpoint (RFC 6749, section 2.3.1). */
export type ClientAuthMethod = 'client_secret_basic' | 'client_secret_post'

const CLIENT_AUTH: Record<ClientAuthMethod, (secret: string) => ClientAuth> = {
  client_secret_basic: ClientSecretBasic,
  client_secret_post: ClientSecretPost,
}

export interface Granted {
  readonly kind: 'granted'
  readonly token: string
  /** Undefined when the server does not say. */
  readonly expiresInSeconds: number | undefined
}

/** A grant that failed; `clientRefused` when another way of showing the secret may do. */
export type NotGranted = Failure & { readonly clientRefused: boolean }

/** Asks a token endpoint for a token, once: OAuth 2.0 client credentials. Errors name no secret. */
export async function grantToken(
  client: Client,
  credential: CredentialOf<'OAUTH'>,
  method: ClientAuthMethod,
  timeoutSeconds: number,
): Promise<Granted | NotGranted> {
  const { oauthTokenUrl, oauthClientId, oauthClientSecret, oauthScope } = credential
  try {
    const server = { issuer: new URL(oauthTokenUrl).origin, token_endpoint: oauthTokenUrl }
    const config = new Configuration(server, oauthClientId, undefined, CLIENT_AUTH[method](oauthClientSecret))
    // Our own rules decide about plain http, host by host. The mark "deprecated" is there to make one look.
    // oxlint-disable-next-line typescript/no-deprecated
    allowInsecureRequests(config)
    config.timeout = timeoutSeconds
    config[customFetch] = (url, init) => client.fetch(url, init as RequestInit, credential.tls)
    const answer = await clientCredentialsGrant(config, oauthScope === null ? {} : { scope: oauthScope })
    // What a header cannot hold is not a token (RFC 6750, b64token).
    if (!/^[\x21-\x7e]+$/.test(answer.access_token)) return refused('sent a token that no header can hold')
    return { kind: 'granted', token: answer.access_token, expiresInSeconds: answer.expiresIn() }
  } catch (error) {
    return explain(error, oauthTokenUrl)
  }
}

/** The OAuth errors after which a server may accept the same secret shown in the other way. */
const CLIENT_REFUSED = new Set(['invalid_client', 'invalid_request', 'unauthorized_client'])

function explain(error: unknown, tokenUrl: string): NotGranted {
  if (error instanceof WWWAuthenticateChallengeError) return refused('refused the client (status 401)', true)
  if (error instanceof ResponseBodyError) {
    const code = /^[a-z_]{1,60}$/.test(error.error) ? error.error : 'unreadable error'
    return refused(`refused the client: ${code} (status ${error.status})`, CLIENT_REFUSED.has(code))
  }
  const cause = error instanceof Error ? error.cause : undefined // what fetch threw arrives wrapped
  if (cause instanceof RefusedTarget) return refused(`is not called: ${cause.message}`)
  const code = error instanceof Error && 'code' in error ? error.code : ''
  if (code === 'OAUTH_TIMEOUT') return refused('did not answer in time')
  if (code === 'OAUTH_RESPONSE_IS_NOT_JSON') return refused('answered with something that is not JSON')
  if (code === 'OAUTH_RESPONSE_IS_NOT_CONFORM' && isResponse(cause)) {
    return refused(`answered with status ${cause.status}`)
  }
  if (typeof code === 'string' && code.startsWith('OAUTH_'))
    return refused(`gave an answer that OAuth does not know (${code})`)
  const { message } = failureOf(error, URL.parse(tokenUrl)?.host ?? 'the token endpoint')
  return { ...failed('token', `No token: ${message}`), clientRefused: false }
}

function refused(what: string, clientRefused = false): NotGranted {
  return { ...failed('token', `The token endpoint ${what}.`), clientRefused }
}

function isResponse(value: unknown): value is { readonly status: number } {
  return typeof value === 'object' && value !== null && 'status' in value
}
