import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { Server as SecureServer } from 'node:https'
import { anyCredential } from '../support/api.ts'

/** How receivers are reached and entered, and what the service must be told so that it calls them. */
export interface Door {
  /** Where they listen from now on. */
  readonly address: string
  /** As the service calls the one on that port. */
  origin(port: number): string
  server(handle: RequestListener): Server | SecureServer
  /** Whether a call shows what lets it in; the others are answered 401 and not taken. */
  admits(request: IncomingMessage): boolean
  /** Makes the credential of all listeners; its name. */
  credential(apiUrl: string): Promise<string>
  /** Settings of the service's processes. */
  readonly env: Readonly<Record<string, string>>
  /** What starts them in surroundings of their own: a program and its first arguments, before the command itself. */
  readonly within: readonly string[]
}

/** Plain HTTP on this machine. */
export const PLAIN: Door = {
  address: '127.0.0.1',
  origin: (port) => `http://127.0.0.1:${port}`,
  server: (handle) => createServer(handle),
  admits: () => true,
  credential: anyCredential,
  env: { SINCEWIRE_TARGETS_ALLOW_HTTP: '127.0.0.1' },
  within: [],
}
