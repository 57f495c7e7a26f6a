import type { Server } from 'node:http'
import type { DropArgument, Socket } from 'node:net'
import { ConnectionCounts } from '../domain/connections.ts'

export interface ConnectionLimits {
  /** Open connections in all. */
  readonly connections: number
  /** Open connections of one address (of IPv6: of one /64), unless it is exempt. */
  readonly perAddress: number
  /** Trusted proxies: each stands for many clients. */
  exempt(address: string): boolean
  onRefused(address: string, reason: 'total' | 'address'): void
}

export interface Connections {
  /** Cuts those that have asked for nothing yet: for a stop, which Node would let them hold up. */
  cutUnused(): void
  cutAll(): void
}

/** Closes connections beyond the limits as soon as they are made. */
export function limitConnections(server: Server, limits: ConnectionLimits): Connections {
  const open = new Map<string, { readonly socket: Socket; used: boolean }>()
  const counts = new ConnectionCounts(limits.perAddress)
  server.maxConnections = limits.connections
  server.on('drop', (dropped?: DropArgument) => limits.onRefused(dropped?.remoteAddress ?? '', 'total'))
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress
    if (address === undefined) return // gone already
    const giveBack = limits.exempt(address) ? () => {} : counts.take(address)
    if (giveBack === undefined) {
      limits.onRefused(address, 'address')
      socket.destroy()
      return
    }
    const name = nameOf(socket)
    open.set(name, { socket, used: false })
    socket.once('close', () => {
      open.delete(name)
      giveBack()
    })
  })
  server.prependListener('request', ({ socket }) => {
    const connection = open.get(nameOf(socket))
    if (connection) connection.used = true
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
