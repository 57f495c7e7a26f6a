import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { createAdaptorServer } from '@hono/node-server'
import { unusable } from '../domain/errors.ts'
import type { Api } from './room.ts'

export interface HttpServer {
  /** The port it listens on, also when 0 was asked for. */
  readonly port: number
  /** Takes no new connections, lets running requests finish within the limit, cuts the rest. */
  close(withinMilliseconds: number): Promise<void>
}

/** Listens. Throws `unusable` with one sentence when the address cannot be had. */
export async function listen(api: Api, host: string, port: number): Promise<HttpServer> {
  const server = createAdaptorServer({
    fetch: api.fetch,
    overrideGlobalObjects: false,
    // A client that is slow on purpose must not hold a connection for ever.
    serverOptions: { headersTimeout: 10_000, requestTimeout: 60_000, keepAliveTimeout: 30_000 },
  }) as Server
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    throw unusable(`The API cannot listen on ${host}:${port}: ${reasonOf(error)}.`, error)
  }
  return {
    port: (server.address() as AddressInfo).port,
    close: (withinMilliseconds) => close(server, withinMilliseconds),
  }
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

async function close(server: Server, withinMilliseconds: number): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  const deadline = performance.now() + withinMilliseconds
  const finished = closed.then(() => true)
  for (;;) {
    // A connection whose request has just ended would otherwise stay until its keep-alive is over.
    server.closeIdleConnections()
    if (performance.now() >= deadline) server.closeAllConnections()
    if (await Promise.race([finished, delay(50, false)])) return
  }
}
