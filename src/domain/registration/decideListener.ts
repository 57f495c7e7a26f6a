import type { Change } from '../amend.ts'
import type { Instant } from '../instant.ts'
import { LISTENER_DEFAULTS, type Listener, type Registration } from '../listener.ts'
import { prunedFault } from '../pruned.ts'
import type { Service } from '../service.ts'
import { targetFault, type TargetRules } from '../target.ts'

/** One item of a manage call, its fields checked one by one; absent: not given. */
export interface ListenerRequest {
  readonly service: string
  /** The key; the service's name when not given. */
  readonly listenerName?: string | undefined
  readonly credentialName?: string | undefined
  readonly listenerUrl?: string | undefined
  readonly includePayload?: boolean | undefined
  readonly intervalSeconds?: number | undefined
  readonly pageLimit?: number | undefined
  /** null: cleared. */
  readonly queryParameter?: string | null | undefined
  readonly sinceTimestamp?: Instant | undefined
  readonly enabled?: boolean | undefined
  readonly heartbeatIntervalHours?: number | undefined
  /** `whsec_…`, GENERATE for a new one, or null: calls are no longer signed. */
  readonly signingSecret?: string | null | undefined
  /** GENERATE for a new ed25519 key pair, or null: no such signatures. */
  readonly signingKey?: 'GENERATE' | null | undefined
  /** For how long what is replaced goes on signing, from now; 0: not at all. */
  readonly signingOverlapHours?: number | undefined
  /** Headers of its own, all of them: none clears them. Names in lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly deleteInd?: boolean | undefined
}

/** What an item is judged against. */
export interface ListenerFacts {
  readonly service: Service | undefined
  /** The credential that the item names. */
  readonly credential: { readonly heartbeatIntervalHours: number | null } | undefined
  /** The listener registered under the item's name. */
  readonly current: Listener | undefined
  readonly targets: TargetRules
  /** URLs whose names lead to refused addresses. */
  readonly blocked?: ReadonlySet<string> | undefined
  /** Of the caller: */
  readonly mayUseService: boolean
  /** whether the listener, if there is one, is its to change, */
  readonly isOwn: boolean
  /** and whether the credential that the listener has is its to use. */
  readonly mayUseCredential: boolean
}

export type ListenerDecision =
  | { readonly kind: 'create'; readonly registration: Registration }
  | { readonly kind: 'amend'; readonly change: Omit<Change, 'since' | 'secrets'> }
  /** Each reason is a whole sentence without the listener's name. `foreign`: something is not the caller's. */
  | { readonly kind: 'refuse'; readonly reasons: readonly string[]; readonly foreign: boolean }

/** The name that an item is about. */
export function nameOf(request: ListenerRequest): string {
  return request.listenerName ?? request.service
}

/** What an item asks for, or everything that speaks against it. */
export function decideListener(request: ListenerRequest, facts: ListenerFacts): ListenerDecision {
  const { credentialName, listenerUrl } = request
  const foreign = ownershipFaults(request, facts)
  // Nothing else is said then: it would tell of what is another client's.
  if (foreign.length > 0) return { kind: 'refuse', reasons: foreign, foreign: true }
  const reasons = [...serviceFaults(request, facts), ...contentFaults(request, facts)]
  if (facts.current && reasons.length === 0) return { kind: 'amend', change: changeOf(request) }
  if (reasons.length > 0 || credentialName === undefined || listenerUrl === undefined) {
    return { kind: 'refuse', reasons, foreign: false }
  }
  return { kind: 'create', registration: registrationOf(request, facts, credentialName, listenerUrl) }
}

function ownershipFaults(request: ListenerRequest, facts: ListenerFacts): string[] {
  const { current, isOwn, mayUseService, mayUseCredential } = facts
  if (!isOwn) return ['this listenerName belongs to another client']
  if (isEnding(request, facts)) return []
  if (!mayUseService) return [`service ${request.service} is not among those of this client`]
  // Else the secret that somebody else put there would be sent wherever the caller likes.
  const movesSecret =
    current && request.listenerUrl !== undefined && request.listenerUrl !== current.listenerUrl
  return movesSecret && request.credentialName === undefined && !mayUseCredential
    ? ['its credential belongs to another client: a new listenerUrl needs a credentialName of your own']
    : []
}

function isEnding(request: ListenerRequest, { current }: ListenerFacts): boolean {
  return request.deleteInd === true || (current !== undefined && request.enabled === false)
}

// A listener may be removed or switched off whatever has become of its service.
function serviceFaults(request: ListenerRequest, facts: ListenerFacts): string[] {
  const { service, current } = facts
  if (!service) return [`service ${request.service} is not known`]
  if (current && current.service !== service.name) {
    return [`this listenerName is registered for service ${current.service}`]
  }
  if (isEnding(request, facts)) return []
  if (service.jsonTable === null)
    return [`service ${service.name} has no change table and cannot have a webhook`]
  return service.enabled ? [] : [`service ${service.name} is not enabled`]
}

function contentFaults(request: ListenerRequest, facts: ListenerFacts): string[] {
  const { current, credential, targets, service } = facts
  if (request.deleteInd === true) return current ? [] : ['there is no such listener to delete']
  const faults: string[] = []
  for (const field of ['credentialName', 'listenerUrl'] as const) {
    if (!current && request[field] === undefined) faults.push(`${field} is required to register a listener`)
  }
  if (request.credentialName !== undefined && !credential) {
    faults.push(`credential ${request.credentialName} is not registered`)
  }
  if (request.listenerUrl !== undefined) {
    const fault = targetFault(request.listenerUrl, targets, facts.blocked)
    if (fault !== undefined) faults.push(`listenerUrl ${fault}`)
  }
  const { sinceTimestamp: since } = request
  const pruned = since === undefined ? undefined : prunedFault(since, since, service?.prunedBefore ?? null)
  if (pruned !== undefined) faults.push(`sinceTimestamp ${pruned}`)
  return faults
}

function changeOf(request: ListenerRequest): Omit<Change, 'since' | 'secrets'> {
  const { credentialName, listenerUrl, includePayload, intervalSeconds, pageLimit } = request
  const { queryParameter, enabled, heartbeatIntervalHours, deleteInd } = request
  return {
    ...{ credentialName, listenerUrl, includePayload, intervalSeconds, pageLimit },
    ...{ queryParameter, enabled, heartbeatIntervalHours, deleteInd },
  }
}

function registrationOf(
  request: ListenerRequest,
  { credential }: ListenerFacts,
  credentialName: string,
  listenerUrl: string,
): Registration {
  const { intervalSeconds, pageLimit, heartbeatIntervalHours } = LISTENER_DEFAULTS
  return {
    listenerName: nameOf(request),
    service: request.service,
    credentialName,
    listenerUrl,
    enabled: request.enabled ?? true,
    includePayload: request.includePayload ?? false,
    intervalSeconds: request.intervalSeconds ?? intervalSeconds,
    pageLimit: request.pageLimit ?? pageLimit,
    queryParameter: request.queryParameter ?? null,
    heartbeatIntervalHours:
      request.heartbeatIntervalHours ?? credential?.heartbeatIntervalHours ?? heartbeatIntervalHours,
  }
}
