import { listCredentials } from '../../db/credential.ts'
import { findListeners, type StoredListener } from '../../db/listener.ts'
import type { DbOrTx } from '../../db/pool.ts'
import { listServices } from '../../db/service.ts'
import { isOwn, mayUse, type Caller } from '../../domain/caller.ts'
import type { BusinessError } from '../../domain/errors.ts'
import {
  decideListener,
  nameOf,
  type ListenerDecision,
  type ListenerRequest,
} from '../../domain/registration/decideListener.ts'
import type { TargetRules } from '../../domain/target.ts'

/** An item and its place in the caller's list, which messages name. */
export interface PlacedRequest {
  readonly place: number
  readonly request: ListenerRequest
}

/** An item with what is registered under its name now and what is to become of it. */
export interface Decided {
  readonly request: ListenerRequest
  readonly current: StoredListener | undefined
  readonly decision: Exclude<ListenerDecision, { kind: 'refuse' }>
}

export interface Judgement {
  readonly decided: readonly Decided[]
  /** Every reason against every item; when there is one, nothing may be done. */
  readonly refusals: readonly BusinessError[]
  /** One of the reasons is that something is not the caller's. */
  readonly foreign: boolean
}

export interface JudgeOptions {
  readonly targets: TargetRules
  /** URLs whose names lead to refused addresses. */
  readonly blocked: ReadonlySet<string> | undefined
  readonly caller: Caller
  readonly lock: boolean
}

/**
 * Judges all items against what is registered now, in a fixed number of queries. `lock`: inside a transaction
 * that will write; the rows found are ours until it ends.
 */
export async function judge(
  db: DbOrTx,
  items: readonly PlacedRequest[],
  { targets, blocked, caller, lock }: JudgeOptions,
): Promise<Judgement> {
  const names = items.map(({ request }) => nameOf(request))
  const services = new Map((await listServices(db)).map((service) => [service.name, service]))
  const listeners = new Map(
    (await findListeners(db, names, { lock })).map((listener) => [listener.listenerName, listener]),
  )
  const credentialNames = [
    ...items.flatMap(({ request }) => request.credentialName ?? []),
    ...[...listeners.values()].map((listener) => listener.credentialName),
  ]
  // To a caller who may not use them, other clients' credentials are not there.
  const credentials = new Map(
    (await listCredentials(db, credentialNames))
      .filter(({ owner }) => isOwn(caller, owner))
      .map((row) => [row.credential_name, row]),
  )

  const decided: Decided[] = []
  const refusals: BusinessError[] = []
  let foreign = false
  const firstPlace = new Map<string, number>()
  for (const { place, request } of items) {
    const name = nameOf(request)
    const current = listeners.get(name)
    const credential = credentials.get(request.credentialName ?? '')
    const decision = decideListener(request, {
      service: services.get(request.service),
      credential: credential && { heartbeatIntervalHours: credential.heartbeat_interval_hours },
      current,
      targets,
      blocked,
      mayUseService: mayUse(caller, request.service),
      isOwn: current === undefined || isOwn(caller, current.owner),
      mayUseCredential: current === undefined || credentials.has(current.credentialName),
    })
    const twin = firstPlace.get(name)
    if (twin === undefined) firstPlace.set(name, place)
    const reasons = [
      ...(twin === undefined ? [] : [`the listener is in this call already, as items[${twin}]`]),
      ...(decision.kind === 'refuse' ? decision.reasons : []),
    ]
    refusals.push(...reasons.map((reason) => refusalOf(request, place, reason)))
    foreign ||= decision.kind === 'refuse' && decision.foreign
    if (decision.kind !== 'refuse') decided.push({ request, current, decision })
  }
  return { decided, refusals, foreign }
}

// document 004, ManageError: the service, and a message of at most 2000 characters.
function refusalOf(request: ListenerRequest, place: number, reason: string): BusinessError {
  const listener = request.listenerName === undefined ? '' : ` (listener ${request.listenerName})`
  return { service: request.service, errorMessage: `items[${place}]${listener}: ${reason}` }
}
