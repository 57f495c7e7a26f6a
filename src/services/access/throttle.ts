import { partyOf } from '../../domain/connections.ts'

export interface ThrottleOptions {
  /** Failed attempts of one address within the window before it has to wait. */
  readonly failures: number
  readonly windowSeconds: number
  /** Milliseconds, steady. */
  readonly clock: () => number
}

/** Counts failed attempts by address. */
export interface Throttle {
  /** Seconds until the address may try again; undefined: now. */
  waitOf(address: string | null): number | undefined
  count(address: string | null): void
}

/** Addresses counted one by one; whoever comes beyond shares one count, so that memory stays bounded. */
const MAX_ADDRESSES = 10_000
const OTHERS = 'others'

/** In memory: each process counts for itself. */
export function createThrottle({ failures, windowSeconds, clock }: ThrottleOptions): Throttle {
  // Windows are of one length, so the order of insertion is the order in which they end.
  const windows = new Map<string, { readonly ends: number; count: number }>()
  const nameFor = (address: string | null) => {
    const name = address === null ? 'none' : partyOf(address)
    return windows.has(name) || windows.size < MAX_ADDRESSES ? name : OTHERS
  }
  const dropEnded = () => {
    for (const [name, { ends }] of windows) {
      if (ends > clock()) return
      windows.delete(name)
    }
  }
  return {
    waitOf(address) {
      dropEnded()
      const window = windows.get(nameFor(address))
      if (!window || window.count < failures) return undefined
      return Math.max(1, Math.ceil((window.ends - clock()) / 1000))
    },
    count(address) {
      dropEnded()
      const name = nameFor(address)
      const window = windows.get(name)
      if (window) window.count++
      else windows.set(name, { ends: clock() + windowSeconds * 1000, count: 1 })
    },
  }
}
