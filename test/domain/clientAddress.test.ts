import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addressWithin, canonicalAddress, createClientAddress } from '../../src/domain/clientAddress.ts'

/** An address as a number of so many bits: the plain model. */
interface Model {
  readonly bits: 32 | 128
  readonly value: bigint
}

const model = fc.oneof(
  fc.record({ bits: fc.constant(32 as const), value: fc.bigInt(0n, (1n << 32n) - 1n) }),
  // Clear of v4-mapped addresses, which are IPv4.
  fc.record({ bits: fc.constant(128 as const), value: fc.bigInt(1n << 96n, (1n << 128n) - 1n) }),
)

const parts = (value: bigint, count: number, bits: bigint) =>
  Array.from({ length: count }, (_, i) => (value >> (BigInt(count - 1 - i) * bits)) & ((1n << bits) - 1n))

function spell({ bits, value }: Model, upper = false): string {
  if (bits === 32) return parts(value, 4, 8n).join('.')
  const text = parts(value, 8, 16n)
    .map((part) => part.toString(16))
    .join(':')
  return upper ? text.toUpperCase() : text
}

const inside = (address: Model, network: Model, prefix: number) =>
  address.bits === network.bits &&
  address.value >> BigInt(network.bits - prefix) === network.value >> BigInt(network.bits - prefix)

/** An address that shares more or fewer of a network's leading bits, so that both answers come up often. */
const near = fc.tuple(model, fc.nat(128), fc.nat(128)).map(([network, prefix, flip]) => {
  const at = BigInt(flip % network.bits)
  return {
    network,
    prefix: prefix % (network.bits + 1),
    address: { ...network, value: network.value ^ (1n << at) },
  }
})

describe('an allow-list', () => {
  test('admits exactly the addresses that share a network of its leading bits', () => {
    fc.assert(
      fc.property(near, model, fc.boolean(), ({ network, prefix, address }, other, upper) => {
        const list = [`${spell(network)}/${prefix}`]
        for (const candidate of [network, address, other]) {
          expect(addressWithin(spell(candidate, upper), list)).toBe(inside(candidate, network, prefix))
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('admits an IPv4 address in either spelling, listed in either spelling', () => {
    fc.assert(
      fc.property(near, ({ network, prefix, address }) => {
        fc.pre(network.bits === 32)
        const lists = [`${spell(network)}/${prefix}`, `::ffff:${spell(network)}/${prefix + 96}`]
        for (const list of lists) {
          const expected = inside(address, network, prefix)
          expect(addressWithin(spell(address), [list])).toBe(expected)
          expect(addressWithin(`::ffff:${spell(address)}`, [list])).toBe(expected)
        }
      }),
    )
  })

  test('that is null admits all, that is empty nobody; what is no address is admitted by none', () => {
    expect(addressWithin('192.0.2.1', null)).toBe(true)
    expect(addressWithin('192.0.2.1', [])).toBe(false)
    const everything = ['0.0.0.0/0', '::/0']
    expect(['192.0.2.1', 'fe80::1%eth0', '2001:db8::1'].map((ip) => addressWithin(ip, everything))).toEqual(
      Array(3).fill(true),
    )
    const none = [null, '', 'localhost', '192.0.2.1 ', '0x7f.1', '192.0.2.1/32']
    expect(none.map((ip) => addressWithin(ip, everything))).toEqual(Array(6).fill(false))
  })
})

test('an address has one spelling', () => {
  const spellings = ['2001:DB8:0:0:0:0:0:1', '2001:db8::1', '2001:0db8::0001', '2001:db8::1%eth0']
  expect(new Set(spellings.map(canonicalAddress))).toEqual(new Set(['2001:db8::1']))
  expect(['::ffff:192.0.2.7', '::FFFF:c000:207', '192.0.2.7'].map(canonicalAddress)).toEqual(
    Array(3).fill('192.0.2.7'),
  )
})

describe('the client behind proxies', () => {
  const behind = (peer: string, header: string | undefined, trusted: string[]) =>
    createClientAddress({ trusted, header: 'x-forwarded-for' })(peer, header)

  test('is the first from the right that is no trusted proxy, whatever stands left of it', () => {
    const outside = model
      .filter((address) => !inside(address, { bits: 32, value: 10n << 24n }, 8))
      .map((a) => spell(a))
    const proxy = fc.bigInt(0n, (1n << 24n) - 1n).map((low) => spell({ bits: 32, value: (10n << 24n) | low }))
    fc.assert(
      fc.property(
        fc.array(fc.string()),
        outside,
        fc.array(proxy),
        proxy,
        (invented, client, proxies, peer) => {
          const header = [...invented, client, ...proxies].join(', ')
          expect(behind(peer, header, ['10.0.0.0/8'])).toBe(canonicalAddress(client))
          expect(behind(client, header, ['10.0.0.0/8'])).toBe(canonicalAddress(client))
        },
      ),
    )
  })

  test('is the peer when the peer is not trusted or says nothing that can be read', () => {
    expect(behind('192.0.2.1', '198.51.100.1', [])).toBe('192.0.2.1')
    expect(behind('::ffff:10.0.0.1', undefined, ['10.0.0.1'])).toBe('10.0.0.1')
    expect(behind('10.0.0.1', '198.51.100.1, unknown', ['10.0.0.1'])).toBe('10.0.0.1')
    expect(behind('10.0.0.1', '198.51.100.1,', ['10.0.0.1'])).toBe('10.0.0.1')
    expect(behind('10.0.0.1', '10.0.0.1, 10.0.0.1', ['10.0.0.1'])).toBe('10.0.0.1')
  })

  test('may be told with a port, in brackets, and mapped into IPv6', () => {
    const told = ['192.0.2.1:4711', '[2001:db8::1]', '[2001:DB8::1]:4711', '2001:db8::1', '::ffff:192.0.2.1']
    expect(told.map((entry) => behind('10.0.0.1', entry, ['10.0.0.0/8']))).toEqual([
      ...['192.0.2.1', '2001:db8::1', '2001:db8::1', '2001:db8::1', '192.0.2.1'],
    ])
  })

  test('may be told by Forwarded, whose quoted parts cannot smuggle one in', () => {
    const told = (header: string) =>
      createClientAddress({ trusted: ['10.0.0.0/8'], header: 'forwarded' })('10.0.0.1', header)
    expect(told('for=9.9.9.9, For=192.0.2.1;proto=https')).toBe('192.0.2.1')
    expect(told('for=192.0.2.1;by=10.0.0.9, proto=https;for="10.0.0.2:80"')).toBe('192.0.2.1')
    expect(told('for="[2001:db8::1]:4711"')).toBe('2001:db8::1')
    const smuggled = [
      'for=192.0.2.1;host="x, for=9.9.9.9;z="',
      'for=192.0.2.1;host="x\\", for=9.9.9.9;z=\\""',
      'for=_hidden',
      'for=unknown',
      'proto=https',
      'for=9.9.9.9;for=192.0.2.1',
    ]
    expect(smuggled.map(told)).toEqual(Array(6).fill('10.0.0.1'))
  })
})
