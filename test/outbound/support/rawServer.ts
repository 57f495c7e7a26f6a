import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { afterAll } from 'vitest'

export interface RawServer {
  readonly port: number
  /** Connections opened so far. */
  readonly connections: () => number
}

/** A TCP server that does with each connection what the test wants, HTTP or not. */
export function rawServer(onConnection: (socket: Socket) => void): Promise<RawServer> {
  return serve(createServer(), 'connection', onConnection)
}

/** The same behind TLS. */
export function rawTlsServer(
  options: TlsOptions,
  onConnection: (socket: Socket) => void = answerOk,
): Promise<RawServer> {
  return serve(createTlsServer(options), 'secureConnection', onConnection)
}

/** Answers every request head with 200 and an empty body. */
export function answerOk(socket: Socket): void {
  onRequest(socket, () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'))
}

/** Calls back for every request head that arrives on the connection. */
export function onRequest(socket: Socket, handle: (head: string) => void): void {
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
    for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
      handle(text.slice(0, end))
      text = text.slice(end + 4)
    }
  })
}

async function serve(
  server: Server,
  event: string,
  onConnection: (socket: Socket) => void,
): Promise<RawServer> {
  const sockets = new Set<Socket>()
  let connections = 0
  server.on('connection', (socket: Socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => {}) // the client hangs up: that is what is tested
  })
  server.on('tlsClientError', () => {})
  server.on(event, (socket: Socket) => {
    socket.on('error', () => {})
    onConnection(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterAll(async () => {
    server.close()
    for (const socket of sockets) socket.destroy()
    await once(server, 'close')
  })
  return { port: (server.address() as AddressInfo).port, connections: () => connections }
}
