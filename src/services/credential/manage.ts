import {
  deleteCredential,
  findCredential,
  insertCredential,
  updateCredential,
  type CredentialRow,
} from '../../db/credential.ts'
import { listenersUsing, retargetListeners } from '../../db/listener.ts'
import type { Db, DbOrTx } from '../../db/pool.ts'
import { lockRegistrations, notifyDue } from '../../db/registration.ts'
import { isOwn, type Caller } from '../../domain/caller.ts'
import { invalid, invalidField, refused, SincewireError } from '../../domain/errors.ts'
import type { Instant } from '../../domain/instant.ts'
import {
  decideCredential,
  type CredentialDecision,
  type CredentialRequest,
} from '../../domain/registration/decideCredential.ts'
import type { TargetRules } from '../../domain/target.ts'
import { identityFault } from '../../outbound/connector.ts'
import type { FindBlocked } from '../../outbound/names.ts'
import type { Vault } from '../../secrets/vault.ts'
import { openContent, sealContent } from './content.ts'

export interface ManageCredentialDeps {
  readonly db: Db
  readonly vault: Vault
  readonly targets: TargetRules
  /** Looks names up before they are registered; undefined: only calls do. */
  readonly findBlocked?: FindBlocked | undefined
}

export type ManagedCredential = 'created' | 'updated' | 'deleted'

/** A refusal to delete names so many listeners at most. */
const NAMED_LISTENERS = 100

/**
 * Registers, changes or removes one credential (document 004, "Manage Webhook Credential"). New content reaches
 * every listener that uses it at once, heartbeat first. Throws `invalid` with every wrong field, and `refused`
 * when a credential that is in use is to go, `forbidden` for another client's.
 */
export async function manageCredential(
  deps: ManageCredentialDeps,
  caller: Caller,
  request: CredentialRequest,
): Promise<ManagedCredential> {
  const { db, vault, targets } = deps
  const name = request.credentialName
  // Before the transaction: nobody else's registration waits for a name server.
  const blocked = await deps.findBlocked?.(request.oauthTokenUrl === undefined ? [] : [request.oauthTokenUrl])
  return db.transaction().execute(async (tx) => {
    const now = await lockRegistrations(tx)
    const row = await findCredential(tx, name)
    if (row && !isOwn(caller, row.owner)) {
      throw new SincewireError('forbidden', `The credential ${name} belongs to another client`)
    }
    const current = row && {
      content: openContent(vault, name, row),
      heartbeatIntervalHours: row.heartbeat_interval_hours,
    }
    const decision = decideCredential(request, { current, targets, blocked, now })
    refuseIdentity(decision)
    switch (decision.kind) {
      case 'refuse':
        throw invalid(decision.fields)
      case 'create':
        await insertCredential(tx, {
          credential_name: name,
          owner: caller.client,
          ...columnsOf(vault, name, decision),
        })
        return 'created'
      case 'update':
        if (row) await update(vault, tx, { row, decision, now })
        return 'updated'
      case 'delete':
        await remove(tx, caller, name)
        return 'deleted'
    }
  })
}

/** A pair may match and yet be none that TLS takes today, e.g. a short key. */
function refuseIdentity(decision: CredentialDecision): void {
  const tls = 'content' in decision ? decision.content.tls : undefined
  const fault = tls && identityFault(tls)
  if (fault !== undefined) throw invalidField('clientCertificate', fault)
}

type Update = Extract<CredentialDecision, { kind: 'update' }>

async function update(
  vault: Vault,
  tx: DbOrTx,
  { row, decision, now }: { readonly row: CredentialRow; readonly decision: Update; readonly now: Instant },
): Promise<void> {
  const name = row.credential_name
  await updateCredential(tx, name, {
    ...columnsOf(vault, name, decision, row),
    revision: decision.contentChanged ? row.revision + 1 : row.revision,
    updated_at: now,
  })
  if (decision.contentChanged && (await retargetListeners(tx, name, now)) > 0) await notifyDue(tx)
}

async function remove(tx: DbOrTx, caller: Caller, name: string): Promise<void> {
  const using = await listenersUsing(tx, name, NAMED_LISTENERS)
  if (using.length > 0) {
    throw refused(
      using.map((listener) => ({
        service: listener.service,
        errorMessage: isOwn(caller, listener.owner)
          ? `credential ${name} cannot be deleted: listener ${listener.listener_name} uses it`
          : `credential ${name} cannot be deleted: a listener of another client uses it`,
      })),
    )
  }
  await deleteCredential(tx, name)
}

function columnsOf(
  vault: Vault,
  name: string,
  decision: Extract<CredentialDecision, { kind: 'create' | 'update' }>,
  present?: CredentialRow,
) {
  return {
    ...sealContent(vault, name, decision.content, present),
    heartbeat_interval_hours: decision.heartbeatIntervalHours,
  }
}
