import { once } from 'node:events'
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { getRequestListener } from '@hono/node-server'
import type { Config } from '../config.ts'
import { addressWithin } from '../domain/clientAddress.ts'
import { unusable } from '../domain/errors.ts'
import type { Log } from '../log.ts'
import { limitConnections, type ConnectionLimits, type Connections } from './connections.ts'
import { answerMalformed, refuseRequest } from './refusal.ts'
import type { Api } from './room.ts'
import { readTls, reloadTls, type TlsPair, type TlsSettings } from './tls.ts'

export interface HttpServer {
  /** The port it listens on, also when 0 was asked for. */
  readonly port: number
  /** Takes no new connections, lets running requests finish within the limit, cuts the rest. */
  close(withinMilliseconds: number): Promise<void>
}

export type ServerSettings = Pick<Config, 'host' | 'port' | 'tls' | 'limits' | 'proxies'>

/** Listens. Throws `unusable` with one sentence when the address, or the pair for TLS, cannot be had. */
export async function listen(api: Api, settings: ServerSettings, log: Log): Promise<HttpServer> {
  const { host, port, tls } = settings
  const pair = tls && (await readTls(tls))
  const server = createFor(api, settings, pair)
  const connections = limitConnections(server, connectionLimits(settings, log))
  answerMalformed(server)
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    throw unusable(`The API cannot listen on ${host}:${port}: ${reasonOf(error)}.`, error)
  }
  const endReload = tls && pair ? reload(server as TlsServer, tls, pair, log) : () => {}
  return {
    port: (server.address() as AddressInfo).port,
    close(withinMilliseconds) {
      endReload()
      return close(server, connections, withinMilliseconds)
    },
  }
}

function createFor(api: Api, { limits }: ServerSettings, pair: TlsPair | undefined): Server {
  const options: ServerOptions = {
    maxHeaderSize: limits.headerKilobytes * 1024,
    headersTimeout: limits.headersTimeoutMilliseconds,
    requestTimeout: limits.requestTimeoutMilliseconds,
    keepAliveTimeout: limits.idleTimeoutMilliseconds,
    // Node looks for requests that are late every 30 seconds unless told.
    connectionsCheckingInterval: Math.min(1000, limits.headersTimeoutMilliseconds),
    // Refused by the listener instead, with a body.
    requireHostHeader: false,
  }
  const answer = getRequestListener(api.fetch, {
    overrideGlobalObjects: false,
    errorHandler: refuseRequest,
  })
  const listener: RequestListener = (request, response) => void answer(request, response)
  const handshakeTimeout = limits.headersTimeoutMilliseconds
  const server = pair
    ? createTlsServer({ ...options, ...pair.options, handshakeTimeout }, listener)
    : createServer(options, listener)
  // One more than may be: Node drops what is beyond, and we must see that there was more (limitHead).
  server.maxHeadersCount = limits.headers + 1
  server.timeout = limits.stalledTimeoutMilliseconds
  return server
}

const NAG_MILLISECONDS = 60_000

function connectionLimits({ limits, proxies }: ServerSettings, log: Log): ConnectionLimits {
  let [closed, told] = [0, -Infinity]
  return {
    connections: limits.connections,
    perAddress: limits.connectionsPerAddress,
    exempt: (address) => addressWithin(address, proxies.trusted),
    onClosed(address, limit) {
      closed += 1
      // A flood of connections must not become a flood of lines.
      if (performance.now() - told < NAG_MILLISECONDS) return
      log.warn({ address, limit, closed }, 'connections beyond the limits are closed')
      told = performance.now()
      closed = 0
    },
  }
}

function reload(server: TlsServer, tls: TlsSettings, first: TlsPair, log: Log): () => void {
  const tell = ({ validTo }: TlsPair, words: string) => {
    if (Date.parse(validTo) < Date.now()) log.warn({ validTo }, `${words}, but it has expired`)
    else log.info({ validTo }, words)
  }
  tell(first, 'a TLS certificate is in use')
  return reloadTls(tls, first, {
    onPair(pair) {
      server.setSecureContext(pair.options)
      tell(pair, 'a new TLS certificate is in use')
    },
    onFault: (reason) => log.warn({ reason }, 'the new TLS certificate cannot be used; the old one stays'),
  })
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  switch (code) {
    case 'EADDRINUSE':
      return 'the port is in use; stop what uses it, or choose another with SINCEWIRE_PORT'
    case 'EACCES':
      return 'this user may not use that port; choose one above 1023 with SINCEWIRE_PORT'
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'this machine has no such address; choose another with SINCEWIRE_HOST'
    default:
      return code || String(error)
  }
}

async function close(server: Server, connections: Connections, withinMilliseconds: number): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  // They have asked for nothing, and Node would wait for them.
  connections.cutUnused()
  const deadline = performance.now() + withinMilliseconds
  const finished = closed.then(() => true)
  for (;;) {
    // A connection whose request has just ended would otherwise stay until its keep-alive is over.
    server.closeIdleConnections()
    if (performance.now() >= deadline) connections.cutAll()
    if (await Promise.race([finished, delay(50, false)])) return
  }
}
