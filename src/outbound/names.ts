import { isIP } from 'node:net'
import { addressAllowed, checkTargetUrl, type TargetRules } from '../domain/target.ts'
import { systemResolve, type Resolve } from './connector.ts'

/**
 * Of these URLs, those whose host name leads to refused addresses alone. For whoever registers one, to be told at once:
 * what cannot be told in a short time passes, since each call checks again.
 */
export type FindBlocked = (urls: readonly string[]) => Promise<ReadonlySet<string>>

const MILLISECONDS = 2000

export interface FindBlockedOptions {
  readonly rules: TargetRules
  /** Names are the proxy's to resolve: none is looked up. */
  readonly proxied: boolean
  readonly milliseconds?: number
  readonly resolve?: Resolve
}

/** One look-up at a time, whoever asks: a resolver that hangs holds one thread and not those of everybody else. */
export function createFindBlocked(options: FindBlockedOptions): FindBlocked {
  const { rules, proxied, milliseconds = MILLISECONDS, resolve = systemResolve } = options
  let turn: Promise<void> = Promise.resolve()

  return async (urls) => {
    const blocked = new Set<string>()
    const places = proxied
      ? []
      : Map.groupBy(
          urls.filter((url) => namesHost(url, rules)),
          placeOf,
        )
    let late = false
    const work = async () => {
      for (const [place, named] of places) {
        if (late) return
        if (await leadsInside(place, rules, resolve)) for (const url of named) blocked.add(url)
      }
    }
    turn = turn.then(work)
    let timer: NodeJS.Timeout | undefined
    const enough = new Promise<void>((done) => (timer = setTimeout(done, milliseconds)))
    await Promise.race([turn, enough])
    clearTimeout(timer)
    late = true
    return new Set(blocked)
  }
}

function namesHost(url: string, rules: TargetRules): boolean {
  const check = checkTargetUrl(url, rules)
  return check.kind === 'ok' && isIP(check.url.hostname.replace(/^\[|\]$/g, '')) === 0
}

/** `https://name:port`: the port is part of the rule. */
function placeOf(url: string): string {
  return new URL(url).origin
}

function leadsInside(place: string, rules: TargetRules, resolve: Resolve): Promise<boolean> {
  const { hostname, port, protocol } = new URL(place)
  const number = port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port)
  return new Promise((done) => {
    resolve(hostname, (error, found) => {
      done(!error && found.length > 0 && !found.some(({ address }) => addressAllowed(address, rules, number)))
    })
  })
}
