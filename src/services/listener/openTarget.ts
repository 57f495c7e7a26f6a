import { findTarget } from '../../db/listener.ts'
import type { Db } from '../../db/pool.ts'
import type { OpenTarget } from '../../outbound/deliver.ts'
import type { Vault } from '../../secrets/vault.ts'
import { openContent } from '../credential/content.ts'
import { signingContext } from '../secrets/registry.ts'

/**
 * A listener's credential and signing secret in the clear, with the registration and revision they belong to, all
 * of one moment. Undefined when the listener is gone. Throws `unusable` when a secret does not open.
 */
export async function openTarget(
  { db, vault }: { readonly db: Db; readonly vault: Vault },
  listenerName: string,
): Promise<OpenTarget | undefined> {
  const row = await findTarget(db, listenerName)
  if (!row) return undefined
  const content = openContent(vault, row.credential_name, row)
  return {
    listenerUid: row.uid,
    targetRevision: row.target_revision,
    credential: { ...content, credentialName: row.credential_name, revision: row.revision },
    signingSecret: row.signing_secret && vault.open(row.signing_secret, signingContext(row.uid)),
  }
}
