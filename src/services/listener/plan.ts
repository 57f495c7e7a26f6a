import type { StoredListener } from '../../db/listener.ts'
import { NO_SECRETS } from '../../db/listenerSecrets.ts'
import { amend, type Change } from '../../domain/amend.ts'
import { EPOCH, type Instant } from '../../domain/instant.ts'
import type { Registration } from '../../domain/listener.ts'
import { plainEdge, type Edge } from '../../domain/window.ts'
import type { Decided } from './judge.ts'
import { applySecrets, type GeneratedKey, type GeneratedSecret, type SecretDeps } from './secrets.ts'

/** What is to be written, and what is to be told. */
export interface Plan {
  readonly created: readonly StoredListener[]
  readonly updated: readonly StoredListener[]
  /** Their uids. */
  readonly deleted: readonly string[]
  readonly unchanged: number
  readonly generatedSecrets: readonly GeneratedSecret[]
  readonly generatedKeys: readonly GeneratedKey[]
}

export interface PlanDeps extends SecretDeps {
  readonly uuid: () => string
}

/** Works every decision out. `edges`: the edge that each item's since stands for. `owner`: whose new ones are. */
export function makePlan(
  deps: PlanDeps,
  decided: readonly Decided[],
  edges: ReadonlyMap<Decided, Edge>,
  { owner, now }: { readonly owner: string; readonly now: Instant },
): Plan {
  const created: StoredListener[] = []
  const updated: StoredListener[] = []
  const deleted: string[] = []
  const generatedSecrets: GeneratedSecret[] = []
  const generatedKeys: GeneratedKey[] = []
  const withSecrets = (listener: StoredListener, request: Decided['request']) => {
    const applied = applySecrets(deps, listener, request, now)
    if (applied.generatedSecret) generatedSecrets.push(applied.generatedSecret)
    if (applied.generatedKey) generatedKeys.push(applied.generatedKey)
    return applied
  }
  let unchanged = 0
  for (const item of decided) {
    const { request, decision, current } = item
    const since = edges.get(item)
    if (decision.kind === 'create') {
      const fresh = newListener(decision.registration, deps.uuid(), since ?? plainEdge(EPOCH), { owner, now })
      created.push(withSecrets(fresh, request).listener)
      continue
    }
    if (!current) continue // decideListener amends only what it was shown
    if (decision.change.deleteInd === true) {
      deleted.push(current.uid)
      continue
    }
    const applied = withSecrets(current, request)
    const change: Change = {
      ...decision.change,
      since,
      secrets: applied.changed ? 'changed' : undefined,
    }
    const amended = amend(applied.listener, change, now)
    if (amended.kind === 'changed') updated.push(amended.listener)
    else unchanged++
  }
  return { created, updated, deleted, unchanged, generatedSecrets, generatedKeys }
}

/** Everything is due at once; the heartbeat goes first, since nothing has proven the target. */
function newListener(
  registration: Registration,
  uid: string,
  since: Edge,
  { owner, now }: { readonly owner: string; readonly now: Instant },
): StoredListener {
  return {
    ...registration,
    uid,
    owner,
    generation: 0,
    targetRevision: 0,
    provenRevision: null,
    since,
    before: null,
    after: null,
    nextPollAt: now,
    nextHeartbeatAt: now,
    dueAt: now,
    failures: 0,
    holdSince: null,
    heartbeatError: null,
    disabledReason: null,
    ...NO_SECRETS,
  }
}
