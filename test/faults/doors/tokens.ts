import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { manageCredential } from '../../support/api.ts'
import { PLAIN, type Door } from '../door.ts'

const CLIENT = { id: 'faults', secret: 'a secret of the fault suite' }

/** What a token endpoint can do other than give tokens. */
export const TOKEN_TROUBLES = ['away', 'refuses the client', 'fails', 'silent', 'talks nonsense'] as const
export type TokenMood = 'fine' | (typeof TOKEN_TROUBLES)[number]

/** Receivers that want a token, and the server that gives them: for a second or two, and not always. */
export class TokenDoor implements Door {
  readonly address = PLAIN.address
  readonly origin = PLAIN.origin
  readonly server = PLAIN.server
  readonly env = PLAIN.env
  readonly within = PLAIN.within
  /** How long a token is good, and what is said of it. */
  lifetime = { seconds: 2, told: 2 }
  mood: TokenMood = 'fine'
  granted = 0
  readonly #server: Server
  readonly #tokens = new Map<string, number>()

  private constructor(server: Server) {
    this.#server = server
    server.on('request', (request: IncomingMessage, response: ServerResponse) =>
      this.#give(request, response),
    )
  }

  static async open(): Promise<TokenDoor> {
    const server = createServer()
    server.listen(0, PLAIN.address)
    await once(server, 'listening')
    return new TokenDoor(server)
  }

  admits({ headers }: IncomingMessage): boolean {
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? ''
    return (this.#tokens.get(token) ?? 0) > performance.now()
  }

  /** No token that was given is good any longer. */
  revoke(): void {
    this.#tokens.clear()
  }

  async credential(apiUrl: string): Promise<string> {
    const { port } = this.#server.address() as AddressInfo
    await manageCredential(apiUrl, {
      ...{ credentialName: 'TOKENS', credentialType: 'OAUTH', oauthTokenUrl: `${this.origin(port)}/token` },
      ...{ oauthClientId: CLIENT.id, oauthClientSecret: CLIENT.secret },
    })
    return 'TOKENS'
  }

  async close(): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  #give(request: IncomingMessage, response: ServerResponse): void {
    request.resume()
    const answer = (status: number, body: unknown) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    const basic = `Basic ${Buffer.from(`${CLIENT.id}:${encodeURIComponent(CLIENT.secret).replaceAll('%20', '+')}`).toString('base64')}`
    if (this.mood === 'away') request.socket.resetAndDestroy()
    else if (this.mood === 'fails') answer(500, { error: 'server_error' })
    else if (this.mood === 'talks nonsense') void response.end('<html>Welcome</html>')
    else if (this.mood === 'refuses the client' || request.headers.authorization !== basic)
      answer(401, { error: 'invalid_client' })
    else if (this.mood === 'fine') {
      const token = randomUUID()
      this.#tokens.set(token, performance.now() + this.lifetime.seconds * 1000)
      this.granted += 1
      answer(200, { access_token: token, token_type: 'Bearer', expires_in: this.lifetime.told })
    } // silent: the service's deadline ends it
  }
}
