import { findTarget } from '../../db/listener.ts'
import { toSecrets, type Sealed, type StoredSecrets } from '../../db/listenerSecrets.ts'
import type { Db } from '../../db/pool.ts'
import type { Instant } from '../../domain/instant.ts'
import type { OpenTarget, SigningKey } from '../../outbound/deliver.ts'
import type { Vault } from '../../secrets/vault.ts'
import { openContent } from '../credential/content.ts'
import { headersContext, privateKeyContext, signingContext } from '../secrets/registry.ts'

/**
 * A listener's credential, headers and signing keys in the clear, with the registration and revision they belong to,
 * all of one moment. Undefined when the listener is gone. Throws `unusable` when a secret does not open.
 */
export async function openTarget(
  { db, vault }: { readonly db: Db; readonly vault: Vault },
  listenerName: string,
): Promise<OpenTarget | undefined> {
  const row = await findTarget(db, listenerName)
  if (!row) return undefined
  const content = openContent(vault, row.credential_name, row)
  const secrets = toSecrets(row)
  const { headers } = secrets
  return {
    listenerUid: row.uid,
    targetRevision: row.target_revision,
    credential: { ...content, credentialName: row.credential_name, revision: row.revision },
    signingKeys: openKeys(vault, row.uid, secrets),
    headers: headers
      ? (JSON.parse(vault.open(headers.bytes, headersContext(row.uid))) as Record<string, string>)
      : {},
  }
}

function openKeys(vault: Vault, uid: string, secrets: StoredSecrets): readonly SigningKey[] {
  const { signingSecret, previousSecret, privateKey, previousPrivateKey } = secrets
  const open = (sealed: Sealed | null, context: string, until: Instant | null = null): SigningKey[] =>
    sealed ? [{ secret: vault.open(sealed.bytes, context), until }] : []
  return [
    ...open(signingSecret, signingContext(uid)),
    ...open(previousSecret, signingContext(uid), previousSecret?.until),
    ...open(privateKey, privateKeyContext(uid)),
    ...open(previousPrivateKey, privateKeyContext(uid), previousPrivateKey?.until),
  ]
}
