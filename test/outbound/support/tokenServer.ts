import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import Provider, { type Configuration } from 'oidc-provider'
import { afterAll } from 'vitest'

export interface TokenServer {
  readonly tokenUrl: string
  /** Each request for a token, in order: whether the secret came by basic, and what it got. */
  readonly requests: { readonly basic: boolean; readonly status: number }[]
  /** Whether the bearer token of an authorization header is one of ours, not ended and not revoked. */
  accepts(authorization: string | undefined): Promise<boolean>
  /** Ends a token before its time. */
  revoke(authorization: string | undefined): Promise<void>
}

export const CLIENTS = {
  basic: { id: 'basic client', secret: 'b/+s:% cret' },
  post: { id: 'post-client', secret: 'p%+st secret' },
} as const

/** A real OpenID provider that grants client credentials: one client by basic, one by post. */
export async function tokenServer(lifetimeSeconds = 3600): Promise<TokenServer> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const common = { grant_types: ['client_credentials'], redirect_uris: [], response_types: [] }
  const configuration: Configuration = {
    clients: [
      { ...common, client_id: CLIENTS.basic.id, client_secret: CLIENTS.basic.secret, scope: 'hooks' },
      { ...common, client_id: CLIENTS.post.id, client_secret: CLIENTS.post.secret },
    ],
    scopes: ['hooks', 'forbidden'],
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
    ttl: { ClientCredentials: lifetimeSeconds },
  }
  const provider = new Provider(issuer, configuration)
  const requests: { basic: boolean; status: number }[] = []
  const handle = provider.callback()
  server.on('request', (request, response) => {
    response.on('finish', () => {
      requests.push({
        basic: request.headers.authorization?.startsWith('Basic ') ?? false,
        status: response.statusCode,
      })
    })
    if (isBasicOf(CLIENTS.post.id, request.headers.authorization)) refuseBasic(response)
    else void handle(request, response)
  })
  afterAll(async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  })
  const find = (authorization = '') => provider.ClientCredentials.find(authorization.replace(/^Bearer /, ''))
  return {
    tokenUrl: `${issuer}/token`,
    requests,
    accepts: async (authorization) => (await find(authorization))?.isValid ?? false,
    revoke: async (authorization) => {
      await (await find(authorization))?.destroy()
    },
  }
}

function isBasicOf(id: string, authorization = ''): boolean {
  const [user = ''] = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString().split(':')
  return decodeURIComponent(user) === id
}

/** This provider takes either way from every client; many do not. */
function refuseBasic(response: ServerResponse): void {
  response.writeHead(401, { 'content-type': 'application/json', 'www-authenticate': 'Basic realm="token"' })
  response.end('{"error":"invalid_client"}')
}
