import { lookup, type LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { createSecureContext, getCACertificates } from 'node:tls'
import { buildConnector } from 'undici'
import type { TlsMaterial } from '../domain/credential.ts'
import { addressAllowed, type TargetRules } from '../domain/target.ts'
import type { Proxy } from './proxy.ts'

/** Finds every address of a host name, or tells the resolver's error (ENOTFOUND, …). */
export type Resolve = (
  hostname: string,
  done: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void,
) => void

export interface ConnectorOptions {
  readonly rules: TargetRules
  /** For opening a connection; the attempt's own deadline may end sooner. */
  readonly timeoutMilliseconds: number
  /** Certificates trusted beside the usual ones, PEM. */
  readonly extraCa?: readonly string[]
  /** What one credential shows and trusts. */
  readonly tls?: TlsMaterial | undefined
  /** Leads every connection, and resolves the names. */
  readonly proxy?: Proxy | undefined
  /** Default: the system's resolver. */
  readonly resolve?: Resolve
}

/** The target leads to an address that must not be called. */
export class BlockedAddress extends Error {
  constructor(host: string) {
    super(`${host} is, or leads to, an address that is private or reserved`)
    this.name = 'BlockedAddress'
  }
}

/**
 * Opens connections to allowed addresses only. A name's addresses are checked as they come from the resolver and only
 * those that passed are handed to the socket, so that no second look-up can give others (DNS rebinding). The look-up
 * is not asked for addresses written as such, hence the check before; the one after the connection is made costs
 * nothing and holds whatever becomes of the other two.
 */
export function guardedConnector(options: ConnectorOptions): buildConnector.connector {
  const { rules, resolve = systemResolve } = options
  const common = commonOptions(options)
  // One connector per port, because the port is part of the rule and the look-up is not told it.
  const perPort = new Map<number, buildConnector.connector>()
  const connectorFor = (port: number) => {
    const known = perPort.get(port)
    if (known) return known
    const made = buildConnector({
      ...common,
      lookup: guardedLookup(resolve, (ip) => addressAllowed(ip, rules, port)),
    })
    perPort.set(port, made)
    return made
  }

  return (target, callback) => {
    const host = target.hostname.replace(/^\[|\]$/g, '')
    const port = portOf(target)
    if (isIP(host) !== 0 && !addressAllowed(host, rules, port)) {
      callback(new BlockedAddress(host), null)
      return
    }
    connectorFor(port)(target, (...[error, socket]) => {
      if (error) return callback(error, null)
      if (!addressAllowed(socket.remoteAddress ?? '', rules, port)) {
        socket.destroy()
        return callback(new BlockedAddress(host), null)
      }
      return callback(null, socket)
    })
  }
}

/**
 * Opens connections through a proxy, which resolves the names: what they lead to is for it to judge. Addresses written
 * as such are checked here as ever, and so is localhost, which would be the proxy's own host.
 */
export function proxyConnector(
  options: ConnectorOptions & { readonly proxy: Proxy },
): buildConnector.connector {
  const { rules, proxy, timeoutMilliseconds } = options
  const connect = buildConnector(commonOptions(options))
  return (target, callback) => {
    const host = target.hostname.replace(/^\[|\]$/g, '')
    const port = portOf(target)
    const address = /^(.+\.)?localhost\.?$/i.test(host) ? '127.0.0.1' : host
    if (isIP(address) !== 0 && !addressAllowed(address, rules, port)) {
      callback(new BlockedAddress(host), null)
      return
    }
    proxy.tunnel(`${target.hostname}:${port}`, timeoutMilliseconds).then(
      (socket) => {
        if (target.protocol === 'https:') connect({ ...target, httpSocket: socket }, callback)
        else callback(null, socket.setNoDelay(true))
      },
      (error: Error) => callback(error, null),
    )
  }
}

/** Why a client certificate or an authority cannot be used for TLS, as the end of a sentence; undefined: it can. */
export function identityFault(tls: TlsMaterial): string | undefined {
  try {
    commonOptions({ rules: { allow: [], allowHttp: [] }, timeoutMilliseconds: 0, tls })
    return undefined
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
    return `cannot be used for TLS (${code})`
  }
}

function commonOptions({ timeoutMilliseconds, extraCa = [], tls }: ConnectorOptions) {
  const ca = [...extraCa, ...(tls?.ca ? [tls.ca] : [])]
  return {
    secureContext: createSecureContext({
      minVersion: 'TLSv1.2',
      // Without any of our own the store that the whole process shares is used.
      ...(ca.length > 0 && { ca: [...getCACertificates('default'), ...ca] }),
      ...(tls?.client && { cert: tls.client.certificate, key: tls.client.key }),
    }),
    rejectUnauthorized: true, // even under NODE_TLS_REJECT_UNAUTHORIZED=0
    allowH2: false, // one request per connection at a time, as many connections as we say
    timeout: timeoutMilliseconds,
  }
}

function portOf(target: buildConnector.Options): number {
  return Number(target.port) || (target.protocol === 'https:' ? 443 : 80)
}

function guardedLookup(resolve: Resolve, allowed: (ip: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, (error, found) => {
      const usable = found.filter(({ address }) => allowed(address))
      const [first] = usable
      if (error) callback(error, [])
      else if (!first) callback(new BlockedAddress(hostname), [])
      else if (options.all) callback(null, usable)
      else callback(null, first.address, first.family)
    })
  }
}

/** Asks as the system does, the hosts file included. */
export const systemResolve: Resolve = (hostname, done) => {
  lookup(hostname, { all: true }, (error, addresses) => done(error, error ? [] : addresses))
}
