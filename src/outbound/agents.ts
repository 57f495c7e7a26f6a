import { hash } from 'node:crypto'
import { Agent } from 'undici'
import type { TlsMaterial } from '../domain/credential.ts'
import { guardedConnector, proxyConnector, type ConnectorOptions } from './connector.ts'
import { Lru } from './lru.ts'

export interface AgentOptions extends Omit<ConnectorOptions, 'tls'> {
  /** Connections to one origin, at most. */
  readonly connectionsPerHost: number
  readonly keepAliveMilliseconds: number
}

/** The connections of one TLS identity. */
export interface Agents {
  readonly calls: Agent
  /** For token endpoints: few connections, answers of a bounded size. */
  readonly tokens: Agent
}

/** Keeps connections apart by what they show and trust: none is ever used for another credential's calls. */
export interface AgentRegistry {
  /** Throws when the certificate and its key cannot be used. */
  of(tls: TlsMaterial | undefined): Agents
  /** Drops every connection. */
  close(): Promise<void>
}

const MAX_TOKEN_ANSWER = 256 * 1024
/**
 * Identities whose connections are kept: one with authorities of its own takes more than a megabyte. The one used least
 * recently makes room, and finishes its calls first.
 */
const MAX_IDENTITIES = 200

export function createAgents(options: AgentOptions): AgentRegistry {
  const plain = openAgents(options, undefined)
  const identities = new Lru<string, Agents>(MAX_IDENTITIES, ({ calls, tokens }) => {
    void calls.close()
    void tokens.close()
  })
  const keys = new WeakMap<TlsMaterial, string>()
  const keyOf = (tls: TlsMaterial) => {
    const known = keys.get(tls)
    if (known !== undefined) return known
    const key = identityOf(tls)
    keys.set(tls, key)
    return key
  }
  return {
    of(tls) {
      if (!tls) return plain
      const key = keyOf(tls)
      const known = identities.get(key)
      if (known) return known
      const made = openAgents(options, tls)
      identities.set(key, made)
      return made
    },
    async close() {
      const all = [plain, ...identities.values()]
      await Promise.all(all.flatMap(({ calls, tokens }) => [calls.destroy(), tokens.destroy()]))
    },
  }
}

/** Tells one TLS identity from another without being it. */
export function identityOf(tls: TlsMaterial | undefined): string {
  return hash('sha256', JSON.stringify([tls?.client?.certificate, tls?.client?.key, tls?.ca]))
}

function openAgents(options: AgentOptions, tls: TlsMaterial | undefined): Agents {
  const { proxy, connectionsPerHost } = options
  const connector = { ...options, tls }
  const common = {
    connect: proxy ? proxyConnector({ ...connector, proxy }) : guardedConnector(connector),
    allowH2: false,
    pipelining: 1,
    keepAliveTimeout: options.keepAliveMilliseconds,
    headersTimeout: 0, // the deadline rules: undici's own timers are coarse, and a drip resets them
    bodyTimeout: 0,
  }
  return {
    calls: new Agent({ ...common, connections: connectionsPerHost }),
    tokens: new Agent({ ...common, connections: 4, maxResponseSize: MAX_TOKEN_ANSWER }),
  }
}
