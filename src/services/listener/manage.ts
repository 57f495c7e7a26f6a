import { deleteListeners, insertListeners, resolveSince, updateListeners } from '../../db/listener.ts'
import type { Db, DbOrTx } from '../../db/pool.ts'
import { lockRegistrations, notifyDue } from '../../db/registration.ts'
import type { Caller } from '../../domain/caller.ts'
import { refused, SincewireError, type BusinessError } from '../../domain/errors.ts'
import { EPOCH } from '../../domain/instant.ts'
import type { TargetRules } from '../../domain/target.ts'
import type { FindBlocked } from '../../outbound/names.ts'
import { plainEdge, type Edge } from '../../domain/window.ts'
import { judge, type Decided, type PlacedRequest } from './judge.ts'
import { makePlan } from './plan.ts'
import type { GeneratedKey, GeneratedSecret, SecretDeps } from './secrets.ts'

export interface ManageListenersDeps extends SecretDeps {
  readonly db: Db
  readonly targets: TargetRules
  /** Looks names up before they are registered; undefined: only calls do. */
  readonly findBlocked?: FindBlocked | undefined
  /** A new uid for each registration. */
  readonly uuid: () => string
}

/** What a call did. */
export interface ManagedListeners {
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  readonly deleted: number
  /** Secrets made on request, shown this once. */
  readonly signingSecrets: readonly GeneratedSecret[]
  /** Public halves of key pairs made on request. */
  readonly signingKeys: readonly GeneratedKey[]
}

/**
 * Registers, changes and removes listeners (document 004, "Manage Webhooks"): all of them or, when anything speaks
 * against any item, none. Throws `refused` with every reason against every item, `forbidden` when one of them is that
 * something belongs to another client.
 */
export async function manageListeners(
  deps: ManageListenersDeps,
  caller: Caller,
  items: readonly PlacedRequest[],
): Promise<ManagedListeners> {
  const blocked = await blockedUrls(deps, items)
  return deps.db.transaction().execute(async (tx) => {
    const now = await lockRegistrations(tx)
    const { decided, refusals, foreign } = await judge(tx, items, {
      targets: deps.targets,
      blocked,
      caller,
      lock: true,
    })
    if (foreign) throw new SincewireError('forbidden', NOT_YOURS, { business: refusals })
    if (refusals.length > 0) throw refused(refusals)
    const owner = caller.client
    const plan = makePlan(deps, decided, await edgesOf(tx, decided), { owner, now })
    await insertListeners(tx, plan.created, now)
    await updateListeners(tx, plan.updated, now)
    await deleteListeners(tx, plan.deleted)
    if (plan.created.length + plan.updated.length > 0) await notifyDue(tx)
    return {
      created: plan.created.length,
      updated: plan.updated.length,
      unchanged: plan.unchanged,
      deleted: plan.deleted.length,
      signingSecrets: plan.generatedSecrets,
      signingKeys: plan.generatedKeys,
    }
  })
}

const NOT_YOURS = 'Some of it belongs to another client or is not for you'

/** Every reason against every item, and nothing changed: for a call that cannot succeed anyway. */
export async function checkListeners(
  deps: Pick<ManageListenersDeps, 'db' | 'targets' | 'findBlocked'>,
  caller: Caller,
  items: readonly PlacedRequest[],
): Promise<readonly BusinessError[]> {
  if (items.length === 0) return []
  const blocked = await blockedUrls(deps, items)
  return (await judge(deps.db, items, { targets: deps.targets, blocked, caller, lock: false })).refusals
}

// Before the transaction: nobody else's registration waits for a name server.
async function blockedUrls(
  { findBlocked }: Pick<ManageListenersDeps, 'findBlocked'>,
  items: readonly PlacedRequest[],
): Promise<ReadonlySet<string> | undefined> {
  return findBlocked?.(items.flatMap(({ request }) => request.listenerUrl ?? []))
}

/** The edge that each given since stands for, by item; a new listener without one starts in 1970. */
async function edgesOf(tx: DbOrTx, decided: readonly Decided[]): Promise<ReadonlyMap<Decided, Edge>> {
  const asking = decided.filter(
    ({ request, decision }) =>
      decision.kind === 'create' || (request.sinceTimestamp !== undefined && request.deleteInd !== true),
  )
  const asked = asking.map(({ request }) => ({
    service: request.service,
    since: request.sinceTimestamp ?? EPOCH,
  }))
  const edges = await resolveSince(tx, asked)
  return new Map(asking.map((item, at) => [item, edges[at] ?? plainEdge(EPOCH)]))
}
