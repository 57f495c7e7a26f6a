import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { ConnectionCounts } from '../domain/connections.ts'

export interface ConnectionLimits {
  /** Open connections in all. */
  readonly connections: number
  /** Open connections of one address (of IPv6: of one /64), unless it is exempt. */
  readonly perAddress: number
  /** Trusted proxies: each stands for many clients. */
  exempt(address: string): boolean
  /** The connection was closed for the limit in all or of its address. */
  onClosed(address: string, limit: 'total' | 'address'): void
}

export interface Connections {
  /** Cuts those that have asked for nothing yet: for a stop, which Node would let them hold up. */
  cutUnused(): void
  cutAll(): void
}

interface Connection {
  readonly name: string
  readonly address: string
  readonly socket: Socket
  /** Requests that are not answered yet. */
  running: number
  used: boolean
}

/**
 * Holds open connections within the limits. An address that has as many as it may gets no other. When there are as
 * many in all, a new one takes the place of the one that has been without a request for longest: so clients that hold
 * connections and ask for nothing, from however many addresses, keep nobody out who asks.
 */
export function limitConnections(server: Server, limits: ConnectionLimits): Connections {
  const open = new Map<string, Connection>()
  /** Those without a running request, the longest first. */
  const waiting = new Set<Connection>()
  const counts = new ConnectionCounts(limits.perAddress)

  const refuse = (
    { socket, address }: Pick<Connection, 'socket' | 'address'>,
    limit: 'total' | 'address',
  ) => {
    limits.onClosed(address, limit)
    socket.destroy()
  }
  const hasRoom = () => {
    if (open.size < limits.connections) return true
    const [longest] = waiting
    if (longest) {
      open.delete(longest.name)
      waiting.delete(longest)
      refuse(longest, 'total')
    }
    return longest !== undefined
  }

  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress
    if (address === undefined) return // gone already
    const giveBack = limits.exempt(address) ? () => {} : counts.take(address)
    if (giveBack === undefined) return refuse({ socket, address }, 'address')
    socket.once('close', giveBack)
    if (!hasRoom()) return refuse({ socket, address }, 'total')
    const connection = { name: nameOf(socket), address, socket, running: 0, used: false }
    open.set(connection.name, connection)
    waiting.add(connection)
    socket.once('close', () => {
      if (open.get(connection.name) === connection) open.delete(connection.name)
      waiting.delete(connection)
    })
  })
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const connection = open.get(nameOf(socket))
    if (!connection) return
    connection.used = true
    connection.running += 1
    waiting.delete(connection)
    response.once('close', () => {
      connection.running -= 1
      if (connection.running === 0 && open.get(connection.name) === connection) waiting.add(connection)
    })
  })
  const cut = (which: (used: boolean) => boolean) => {
    for (const { socket, used } of open.values()) if (which(used)) socket.destroy()
  }
  return { cutUnused: () => cut((used) => !used), cutAll: () => cut(() => true) }
}

/** The same for a connection and for the TLS spoken on it, which are two sockets to Node. */
function nameOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}
