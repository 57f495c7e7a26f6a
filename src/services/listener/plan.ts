import type { StoredListener } from '../../db/listener.ts'
import { amend, type Change } from '../../domain/amend.ts'
import { EPOCH, type Instant } from '../../domain/instant.ts'
import type { Registration } from '../../domain/listener.ts'
import { plainEdge, type Edge } from '../../domain/window.ts'
import type { Decided } from './judge.ts'
import { sign, type GeneratedSecret, type SignDeps } from './sign.ts'

/** What is to be written, and what is to be told. */
export interface Plan {
  readonly created: readonly StoredListener[]
  readonly updated: readonly StoredListener[]
  /** Their uids. */
  readonly deleted: readonly string[]
  readonly unchanged: number
  readonly generated: readonly GeneratedSecret[]
}

export interface PlanDeps extends SignDeps {
  readonly uuid: () => string
}

/** Works every decision out. `edges`: the edge that each item's since stands for. */
export function makePlan(
  deps: PlanDeps,
  decided: readonly Decided[],
  edges: ReadonlyMap<Decided, Edge>,
  now: Instant,
): Plan {
  const created: StoredListener[] = []
  const updated: StoredListener[] = []
  const deleted: string[] = []
  const generated: GeneratedSecret[] = []
  let unchanged = 0
  for (const item of decided) {
    const { request, decision, current } = item
    const since = edges.get(item)
    if (decision.kind === 'create') {
      const fresh = newListener(decision.registration, deps.uuid(), since ?? plainEdge(EPOCH), now)
      const signed = sign(deps, fresh, request.signingSecret)
      created.push(signed.listener)
      if (signed.generated) generated.push(signed.generated)
      continue
    }
    if (!current) continue // decideListener amends only what it was shown
    if (decision.change.deleteInd === true) {
      deleted.push(current.uid)
      continue
    }
    const signed = sign(deps, current, request.signingSecret)
    if (signed.generated) generated.push(signed.generated)
    const change: Change = {
      ...decision.change,
      since,
      signingSecret: signed.changed ? 'changed' : undefined,
    }
    const amended = amend(signed.listener, change, now)
    if (amended.kind === 'changed') updated.push(amended.listener)
    else unchanged++
  }
  return { created, updated, deleted, unchanged, generated }
}

/** Everything is due at once; the heartbeat goes first, since nothing has proven the target. */
function newListener(registration: Registration, uid: string, since: Edge, now: Instant): StoredListener {
  return {
    ...registration,
    uid,
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
    signingSecret: null,
    signingKeyId: null,
  }
}
