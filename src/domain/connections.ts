import { isIP } from 'node:net'
import { canonicalAddress } from './clientAddress.ts'

/**
 * Who stands behind an address, for counting: an IPv4 address for itself, and of IPv6 the network of 64 bits, since
 * one machine may call from any address of its own.
 */
export function partyOf(address: string): string {
  const canonical = canonicalAddress(address) ?? address
  if (isIP(canonical) !== 6) return canonical
  const [head = '', tail] = canonical.split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':'))
  const missing = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length
  const all = [...groups(head), ...Array<string>(missing).fill('0'), ...groups(tail ?? '')]
  return `${all.slice(0, 4).join(':')}::/64`
}

/** Counts each party's connections. */
export class ConnectionCounts {
  readonly #open = new Map<string, number>()
  readonly #most: number

  /** @param most connections that one party may have open. */
  constructor(most: number) {
    this.#most = most
  }

  /** Counts one more and gives what takes it back (once), or undefined when the party has as many as it may. */
  take(address: string): (() => void) | undefined {
    const party = partyOf(address)
    const open = this.#open.get(party) ?? 0
    if (open >= this.#most) return undefined
    this.#open.set(party, open + 1)
    let taken = true
    return () => {
      if (!taken) return
      taken = false
      const left = (this.#open.get(party) ?? 1) - 1
      if (left === 0) this.#open.delete(party)
      else this.#open.set(party, left)
    }
  }
}
