import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { afterAll } from 'vitest'
import type { Certificate } from './authority.ts'

export interface ConnectProxy {
  readonly url: string
  /** The places asked for, in order. */
  readonly asked: string[]
  /** What went through it, both ways, as it lay on the wire. */
  seen(): string
}

export interface ProxyOptions {
  /** `user:password`; other callers get 407. */
  readonly credentials?: string
  /** Names that it resolves: to ports of this host. */
  readonly places?: Readonly<Record<string, number>>
  readonly tls?: Certificate
  /** Takes the connection and never answers. */
  readonly deaf?: boolean
}

/** A real forward proxy on 127.0.0.1 that only knows CONNECT. */
export async function connectProxy(options: ProxyOptions = {}): Promise<ConnectProxy> {
  const { credentials, places = {}, tls, deaf } = options
  const refuse: RequestListener = (_, response) => void response.writeHead(405).end()
  const server = tls ? createTlsServer(tls, refuse) : createServer(refuse)
  const sockets = new Set<Socket>()
  const asked: string[] = []
  const seen: string[] = []
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  }
  server.on('connection', keep)
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    keep(client)
    const place = request.url ?? ''
    asked.push(place)
    if (deaf) return
    const basic = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`
    if (basic && request.headers['proxy-authorization'] !== basic) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n')
      return
    }
    const port = places[place]
    if (port === undefined) {
      client.end('HTTP/1.1 403 Forbidden\r\n\r\n')
      return
    }
    const target = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      client.pipe(target).pipe(client)
    })
    keep(target)
    for (const side of [client, target])
      side.on('data', (chunk: Buffer) => seen.push(chunk.toString('latin1')))
    client.on('close', () => target.destroy())
    target.on('close', () => client.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterAll(async () => {
    server.close()
    for (const socket of sockets) socket.destroy()
    await once(server, 'close')
  })
  const user = credentials === undefined ? '' : `${credentials.split(':').map(encodeURIComponent).join(':')}@`
  const { port } = server.address() as AddressInfo
  return { url: `${tls ? 'https' : 'http'}://${user}127.0.0.1:${port}`, asked, seen: () => seen.join('') }
}
