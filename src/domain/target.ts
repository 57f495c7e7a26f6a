import { isIP } from 'node:net'
import { addressSet, isNetwork, isSpecialAddress, type AddressSet } from './address.ts'

/**
 * Which places may be called: listeners and token URLs alike.
 *
 * A pattern is a host name (`hooks.example.com`), a domain (`*.example.com`: every name below it, not itself),
 * `*` (every host), an address (`10.1.2.3`, `[fd00::1]`) or a network (`10.0.0.0/8`, `fd00::/8`), each with
 * an optional port (`hooks.example.com:8443`, `[fd00::1]:8443`, `10.0.0.0/8:8443`).
 */
export interface TargetRules {
  /** Hosts that may be called; empty: every host. */
  readonly allow: readonly string[]
  /** Hosts for which plain http is accepted. */
  readonly allowHttp: readonly string[]
  /** Ports that may be called; none given: every port. */
  readonly ports?: readonly number[]
}

export type TargetCheck =
  | { readonly kind: 'ok'; readonly url: URL }
  | { readonly kind: 'refused'; readonly reason: string }

/**
 * Whether a URL may be called, as far as its text tells. Used when a listener or credential is registered and
 * again at each call; a host name's addresses are checked when it is resolved: see addressAllowed.
 */
export function checkTargetUrl(url: string, rules: TargetRules): TargetCheck {
  // The URL parser forgives what must not pass here: blanks, backslashes, missing slashes, control characters.
  if (!/^https?:\/\/(?!\/)[^\s\\\p{Cc}]+$/iu.test(url) || !URL.canParse(url))
    return refuse('must be an https URL')
  const parsed = new URL(url)
  if (parsed.username !== '' || parsed.password !== '' || /^[^/]*\/\/[^/?#]*@/.test(url)) {
    return refuse('must not hold a user name or password')
  }
  if (url.includes('#')) return refuse('must not hold a fragment')
  if (parsed.port === '0') return refuse('must not name port 0')
  const place = placeOf(parsed)
  if (isIP(place.host) === 0 && !isHostName(place.host)) return refuse('must name a host or an address')
  if (rules.ports?.length && !rules.ports.includes(place.port)) {
    return refuse(`names port ${place.port}, which is not on the list of allowed ports`)
  }
  const compiled = compile(rules)
  if (parsed.protocol === 'http:' && !compiled.allowHttp.some((pattern) => matches(pattern, place))) {
    return refuse('must be https: plain http is not allowed for this host')
  }
  if (rules.allow.length > 0 && !compiled.allow.some((pattern) => matches(pattern, place))) {
    return refuse('names a host that is not on the list of allowed targets')
  }
  if (isIP(place.host) !== 0 && !addressAllowed(place.host, rules, place.port)) {
    return refuse('names an address that is private or reserved and is not on the list of allowed targets')
  }
  return { kind: 'ok', url: parsed }
}

/**
 * Why a URL may not be registered, as the end of a sentence; undefined: it may. `blocked`: URLs whose names were found to
 * lead to refused addresses.
 */
export function targetFault(
  url: string,
  rules: TargetRules,
  blocked: ReadonlySet<string> | undefined,
): string | undefined {
  const check = checkTargetUrl(url, rules)
  if (check.kind === 'refused') return check.reason
  return blocked?.has(url)
    ? 'names a host that leads to a private or reserved address, which is not on the list of allowed targets'
    : undefined
}

/**
 * Whether a resolved address may be called on that port: every public one, and those private or reserved ones that
 * an address or network in `allow` or `allowHttp` names. A host name in the lists is not that permission, since
 * whoever runs its name server could point it at our own network.
 */
export function addressAllowed(ip: string, rules: TargetRules, port: number): boolean {
  if (!isSpecialAddress(ip)) return true
  const { allow, allowHttp } = compile(rules)
  return [...allow, ...allowHttp].some(
    ({ networks, port: only }) => networks?.has(ip) === true && (only === undefined || only === port),
  )
}

/** What is wrong with a pattern of the settings, or undefined when it is well-formed. */
export function patternFault(pattern: string): string | undefined {
  if (parsePattern(pattern) !== undefined) return undefined
  return 'must be a host name, *.domain, *, an address or a network such as 10.0.0.0/8, with or without :port'
}

interface Place {
  /** Lower case, without brackets and without the root's dot. */
  readonly host: string
  readonly port: number
}

interface Pattern {
  /** `*`, `.example.com` (a domain) or a host name; networks have none. */
  readonly name: string
  readonly networks: AddressSet | undefined
  readonly port: number | undefined
}

interface CompiledRules {
  readonly allow: readonly Pattern[]
  readonly allowHttp: readonly Pattern[]
}

const compiledRules = new WeakMap<TargetRules, CompiledRules>()

function compile(rules: TargetRules): CompiledRules {
  const known = compiledRules.get(rules)
  if (known) return known
  const patterns = (texts: readonly string[]) =>
    texts.map(parsePattern).filter((pattern) => pattern !== undefined)
  const made = { allow: patterns(rules.allow), allowHttp: patterns(rules.allowHttp) }
  compiledRules.set(rules, made)
  return made
}

function parsePattern(text: string): Pattern | undefined {
  const parts =
    /^(?:\[(?<bracketed>[^\]]*)\]|(?<plain>[^\s:[\]]+)|(?<v6>[^\s[\]]+))(?::(?<port>\d{1,5}))?$/.exec(text)
  const { bracketed, plain, v6, port: portText } = parts?.groups ?? {}
  const host = (bracketed ?? plain ?? v6)?.toLowerCase()
  const port = portText === undefined ? undefined : Number(portText)
  if (host === undefined || (port !== undefined && (port === 0 || port > 65535))) return undefined
  if (isNetwork(host)) return { name: '', networks: addressSet([host]), port }
  if (plain === undefined) return undefined
  if (host === '*') return { name: '*', networks: undefined, port }
  const name = host.startsWith('*.') ? host.slice(2) : host
  // The URL parser settles what a name is, and its one spelling.
  if (!/^[^\s/?#@\\*%]+$/.test(name) || !URL.canParse(`https://${name}`)) return undefined
  const spelled = placeOf(new URL(`https://${name}`)).host
  if (isIP(spelled) !== 0) return undefined
  return { name: host.startsWith('*.') ? `.${spelled}` : spelled, networks: undefined, port }
}

function placeOf(url: URL): Place {
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  return { host, port: url.port === '' ? (url.protocol === 'http:' ? 80 : 443) : Number(url.port) }
}

/** The URL parser lets more pass for a host than a name server could know: empty labels, a hyphen first, no name at all. */
function isHostName(host: string): boolean {
  const isLabel = (label: string) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label)
  return host.length <= 253 && host.split('.').every(isLabel)
}

function matches(pattern: Pattern, place: Place): boolean {
  if (pattern.port !== undefined && pattern.port !== place.port) return false
  if (pattern.networks) return pattern.networks.has(place.host)
  if (pattern.name === '*') return true
  return pattern.name.startsWith('.') ? place.host.endsWith(pattern.name) : place.host === pattern.name
}

function refuse(reason: string): TargetCheck {
  return { kind: 'refused', reason }
}
