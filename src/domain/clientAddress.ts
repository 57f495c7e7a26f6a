import { isIP } from 'node:net'
import { addressSet, isNetwork } from './address.ts'

/** How a proxy tells for whom it calls. Only one header counts: a proxy passes the other on as the client wrote it. */
export const forwardHeaders = ['x-forwarded-for', 'forwarded'] as const
export type ForwardHeader = (typeof forwardHeaders)[number]

export interface ProxyRules {
  /** Addresses and networks of our own proxies; empty: nobody's word is taken. */
  readonly trusted: readonly string[]
  readonly header: ForwardHeader
}

/** Finds the client's address behind the peer's: see createClientAddress. */
export type ClientAddress = (peer: string, header: string | undefined) => string

/**
 * The address of a call's client, in its one spelling. The header is believed as far as trusted proxies wrote it:
 * each appends whom it heard, so it is read from the right, past trusted ones, up to the first that is none. What
 * stands left of that may be the client's own invention. An entry that names no address ends the walk.
 */
export function createClientAddress({ trusted, header }: ProxyRules): ClientAddress {
  const proxies = networkSet(trusted)
  const read = header === 'forwarded' ? readForwarded : readAddress
  return (peer, value) => {
    let address = canonicalAddress(peer) ?? peer
    const entries = value === undefined ? [] : value.split(',')
    while (proxies.has(address)) {
      const entry = entries.pop()
      const before = entry === undefined ? undefined : read(entry.trim())
      if (before === undefined) break
      address = before
    }
    return address
  }
}

/** Whether a client may call from there. Null networks: from anywhere; a null address is within none. */
export function addressWithin(address: string | null, networks: readonly string[] | null): boolean {
  if (networks === null) return true
  const canonical = address === null ? undefined : canonicalAddress(address)
  return canonical !== undefined && networkSet(networks).has(canonical)
}

/**
 * The one spelling of an address, or undefined when it is none: IPv6 in lower case and as short as may be, without a
 * zone, and IPv4 in IPv6 (`::ffff:10.1.2.3`, as a socket for both families shows it) as IPv4.
 */
export function canonicalAddress(text: string): string | undefined {
  const [address = ''] = text.split('%')
  const family = isIP(address)
  if (family !== 6) return family === 4 ? address : undefined
  const short = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short)
  if (!mapped) return short
  return mapped
    .slice(1)
    .flatMap((half) => [parseInt(half, 16) >> 8, parseInt(half, 16) & 255])
    .join('.')
}

/** Networks in IPv6's spelling of IPv4 mean IPv4, as addresses do. */
function networkSet(networks: readonly string[]) {
  return addressSet(
    networks.filter(isNetwork).map((network) => {
      const [address = '', prefix] = network.split('/')
      const canonical = canonicalAddress(address) ?? address
      if (prefix === undefined || isIP(canonical) === isIP(address)) return network
      return Number(prefix) < 96 ? network : `${canonical}/${Number(prefix) - 96}`
    }),
  )
}

/** `10.1.2.3`, `10.1.2.3:4711`, `fd00::1`, `[fd00::1]`, `[fd00::1]:4711`. */
function readAddress(entry: string): string | undefined {
  const [, bracketed, v4] = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d{1,5})?$/.exec(entry) ?? []
  return canonicalAddress(bracketed ?? v4 ?? entry)
}

/** RFC 7239: `for=10.1.2.3;proto=https`, `for="[fd00::1]:4711"`. Half an entry, torn at a quoted comma, is none. */
function readForwarded(entry: string): string | undefined {
  const pairs = entry.split(';').map((pair) => /^\s*([\w-]+)=(?:"([^"\\]*)"|([^\s"\\]+))\s*$/.exec(pair))
  if (pairs.includes(null)) return undefined
  const named = pairs.filter((pair) => pair?.[1]?.toLowerCase() === 'for')
  const [, , quoted, plain] = named[0] ?? []
  const node = quoted ?? plain
  return named.length !== 1 || node === undefined ? undefined : readAddress(node)
}
