import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, importJWK, SignJWT, type JWK, type JWTPayload } from 'jose'
import Provider from 'oidc-provider'
import { cleanUp } from '../support/index.ts'

export const AUDIENCE = 'https://sincewire.test'

/** A real OpenID provider whose access tokens are JWTs, and its private key, to sign what it never would. */
export interface Issuer {
  readonly issuer: string
  readonly jwksUrl: string
  /** How often its keys were fetched. */
  fetches(): number
  /** A token by client credentials, with the claims that were set. */
  token(claims: Readonly<Record<string, unknown>>): Promise<string>
  /** A token signed with its key; claims and header as given. */
  sign(claims: JWTPayload, header?: { readonly alg?: string; readonly kid?: string }): Promise<string>
  /** Its current public key. */
  publicKey(): JWK
  /** From now on it signs with another key, and publishes that one alone. */
  rotate(): Promise<void>
  /** Whether its keys can be had; it works on. */
  hide(hidden: boolean): void
}

export async function openIssuer(): Promise<Issuer> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUp(async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  })
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const state = {
    fetches: 0,
    hidden: false,
    claims: {} as Readonly<Record<string, unknown>>,
    ...(await provide()),
  }
  server.on('request', (request, response) => {
    if (request.url === '/jwks') state.fetches++
    if (request.url === '/jwks' && state.hidden) return void response.writeHead(503).end()
    void state.handle(request, response)
  })

  async function provide(): Promise<{ key: JWK; handle: (...call: Parameters<RequestListener>) => unknown }> {
    const { privateKey } = await generateKeyPair('RS256', { extractable: true })
    const key: JWK = { ...(await exportJWK(privateKey)), kid: crypto.randomUUID(), alg: 'RS256', use: 'sig' }
    const provider = new Provider(issuer, {
      jwks: { keys: [key] },
      clients: [
        {
          ...{ client_id: 'robot', client_secret: 'a-secret', grant_types: ['client_credentials'] },
          ...{ redirect_uris: [], response_types: [] },
        },
      ],
      features: {
        clientCredentials: { enabled: true },
        devInteractions: { enabled: false },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: () => ({ scope: '', accessTokenFormat: 'jwt', accessTokenTTL: 600 }),
        },
      },
      extraTokenClaims: () => state.claims,
    })
    return { key, handle: provider.callback() }
  }

  return {
    issuer,
    jwksUrl: `${issuer}/jwks`,
    fetches: () => state.fetches,
    async token(claims) {
      state.claims = claims
      const answer = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa('robot:a-secret')}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource: AUDIENCE }),
      })
      const { access_token: token } = (await answer.json()) as { access_token?: string }
      if (token === undefined) throw new Error(`no token: ${answer.status}`)
      return token
    },
    sign: async (claims, header = {}) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: state.key.kid!, ...header })
        .sign(await importJWK(state.key, 'RS256')),
    publicKey: () => {
      const { kty, n, e, kid, alg } = state.key
      return { kty: kty!, n: n!, e: e!, kid: kid!, alg: alg! }
    },
    rotate: async () => void Object.assign(state, await provide()),
    hide: (hidden) => void (state.hidden = hidden),
  }
}
