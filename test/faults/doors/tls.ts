import type { RequestListener } from 'node:http'
import { createServer, type Server } from 'node:https'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Socket } from 'node:net'
import { authority, selfSigned, type Certificate } from '../../outbound/support/authority.ts'
import { PLAIN, type Door } from '../door.ts'

const HOST = '127.0.0.1'

/** What goes wrong before a call can begin. */
export const TLS_TROUBLES = ['expired', 'for another name', 'of an unknown authority'] as const
export const HANDSHAKE_TROUBLES = ['reset', 'silent', 'not TLS'] as const
export type TlsMood = 'fine' | (typeof TLS_TROUBLES)[number] | (typeof HANDSHAKE_TROUBLES)[number]

/** Receivers that speak HTTPS, with certificates of an authority that the service was told to trust, mostly. */
export class TlsDoor implements Door {
  readonly address = HOST
  readonly within = []
  readonly env: Readonly<Record<string, string>>
  readonly admits = PLAIN.admits
  readonly credential = PLAIN.credential
  readonly #certificates: ReadonlyMap<TlsMood, Certificate>
  readonly #servers = new Set<Server>()
  readonly #sockets = new Set<Socket>()
  #mood: TlsMood = 'fine'

  private constructor(env: Record<string, string>, certificates: ReadonlyMap<TlsMood, Certificate>) {
    this.env = env
    this.#certificates = certificates
  }

  /** `folder`: where the service finds whom to trust. */
  static async open(folder: string): Promise<TlsDoor> {
    const trusted = await authority()
    const certificates = new Map<TlsMood, Certificate>([
      ['fine', await trusted.issue({ host: HOST })],
      ['expired', await trusted.issue({ host: HOST, expired: true })],
      ['for another name', await trusted.issue({ host: 'elsewhere.example' })],
      ['of an unknown authority', await selfSigned(HOST)],
    ])
    const path = join(folder, 'authority.pem')
    writeFileSync(path, trusted.ca)
    return new TlsDoor({ SINCEWIRE_TARGETS_ALLOW: HOST, NODE_EXTRA_CA_CERTS: path }, certificates)
  }

  origin(port: number): string {
    return `https://${HOST}:${port}`
  }

  server(handle: RequestListener): Server {
    const server = createServer(this.#certificates.get(this.#mood) ?? this.#certificates.get('fine')!, handle)
    const shake = server.listeners('connection')
    server.removeAllListeners('connection')
    server.on('connection', (socket: Socket) => this.#greet(socket, () => call(shake, server, socket)))
    server.on('tlsClientError', () => {}) // whoever does not trust us goes away
    this.#servers.add(server)
    server.once('close', () => this.#servers.delete(server))
    return server
  }

  /** From now on, for connections that are made anew; those that are open break. */
  set mood(mood: TlsMood) {
    this.#mood = mood
    const certificate = this.#certificates.get(mood)
    for (const server of this.#servers) if (certificate) server.setSecureContext(certificate)
    // Not closeAllConnections: one in the middle of its handshake would stay.
    for (const socket of this.#sockets) socket.destroy()
  }

  #greet(socket: Socket, shake: () => void): void {
    socket.on('error', () => {})
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    if (this.#mood === 'reset') socket.resetAndDestroy()
    else if (this.#mood === 'not TLS') socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    else if (this.#mood !== 'silent') shake()
  }
}

// oxlint-disable-next-line typescript/no-unsafe-function-type -- as EventEmitter names them
function call(listeners: readonly Function[], server: Server, socket: Socket): void {
  for (const listener of listeners) Reflect.apply(listener, server, [socket])
}
