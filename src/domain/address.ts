import { BlockList, isIP } from 'node:net'

/**
 * Addresses that are not places on the public internet, from IANA's special-purpose registries
 * (IPv4, RFC 6890 and successors) and multicast. One of them in a target means our own network, our own host or
 * a cloud's metadata, so none is called unless the settings name it.
 */
const SPECIAL_V4 = [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private
  '100.64.0.0/10', // carrier-grade NAT; holds a cloud's metadata too (100.100.100.200)
  '127.0.0.0/8', // loopback
  '168.63.129.16/32', // a cloud's host agent behind a public number
  '169.254.0.0/16', // link-local; most clouds' metadata
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments; a cloud's metadata (192.0.0.192)
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16', // private
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved and broadcast
]

/** IPv6: only 2000::/3 is global; what is carved out of it follows. */
const SPECIAL_V6 = [
  '::/3', // unspecified, loopback, v4-mapped, v4-compatible, NAT64
  '4000::/2',
  '8000::/1', // unique local, link-local, site-local, multicast
  '2001::/23', // protocol assignments, Teredo, benchmarks, ORCHID
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4: an IPv4 address in disguise
  '3fff::/20', // documentation
]

/** A set of addresses and networks. Families never match each other: a v4-mapped address is IPv6 here. */
export interface AddressSet {
  has(ip: string): boolean
}

/**
 * Reads addresses (`10.1.2.3`, `fd00::1`) and networks (`10.0.0.0/8`, `fd00::/8`).
 * Anything else is left out: see isNetwork.
 */
export function addressSet(networks: readonly string[]): AddressSet {
  const lists = { 4: new BlockList(), 6: new BlockList() }
  for (const text of networks) {
    const network = parseNetwork(text)
    if (network) lists[network.family].addSubnet(network.address, network.prefix, `ipv${network.family}`)
  }
  return {
    has(ip) {
      const family = isIP(ip)
      return (family === 4 || family === 6) && lists[family].check(ip, `ipv${family}`)
    },
  }
}

/** Whether the text is an address or a network. */
export function isNetwork(text: string): boolean {
  return parseNetwork(text) !== undefined
}

const special = addressSet([...SPECIAL_V4, ...SPECIAL_V6])

/** Whether an address is not a place on the public internet. What is no address at all counts as special. */
export function isSpecialAddress(ip: string): boolean {
  return isIP(ip) === 0 || ip.includes('%') || special.has(ip)
}

interface Network {
  readonly family: 4 | 6
  readonly address: string
  readonly prefix: number
}

function parseNetwork(text: string): Network | undefined {
  const [address = '', prefixText, ...rest] = text.split('/')
  const family = isIP(address)
  if ((family !== 4 && family !== 6) || address.includes('%') || rest.length > 0) return undefined
  const bits = family === 4 ? 32 : 128
  if (prefixText === undefined) return { family, address, prefix: bits }
  const prefix = Number(prefixText)
  return /^\d{1,3}$/.test(prefixText) && prefix <= bits ? { family, address, prefix } : undefined
}
