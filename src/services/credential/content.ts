import type { CredentialRow } from '../../db/credential.ts'
import type { CredentialContent } from '../../domain/credential.ts'
import type { Vault } from '../../secrets/vault.ts'
import { credentialContext } from '../secrets/registry.ts'

/** The columns that hold a credential's content: what may be seen in the clear, the rest sealed. */
type ContentColumns = Pick<
  CredentialRow,
  | 'credential_type'
  | 'username'
  | 'oauth_client_id'
  | 'oauth_token_url'
  | 'oauth_scope'
  | 'secret'
  | 'secret_key_id'
>

/** Seals a credential's secret for its row. */
export function sealContent(
  vault: Vault,
  credentialName: string,
  content: CredentialContent,
): ContentColumns {
  return {
    credential_type: content.type,
    username: content.type === 'BASICAUTH' ? content.username : null,
    oauth_client_id: content.type === 'OAUTH' ? content.oauthClientId : null,
    oauth_token_url: content.type === 'OAUTH' ? content.oauthTokenUrl : null,
    oauth_scope: content.type === 'OAUTH' ? content.oauthScope : null,
    secret: vault.seal(secretOf(content), credentialContext(credentialName, content.type)),
    secret_key_id: vault.keyId,
  }
}

/** Opens what sealContent sealed. Throws `unusable` when the key is another one or the row was tampered with. */
export function openContent(
  vault: Vault,
  credentialName: string,
  row: Omit<ContentColumns, 'secret_key_id'>,
): CredentialContent {
  const type = row.credential_type
  const secret = vault.open(row.secret, credentialContext(credentialName, type))
  switch (type) {
    case 'OAUTH':
      return {
        type,
        oauthClientId: row.oauth_client_id ?? '',
        oauthClientSecret: secret,
        oauthTokenUrl: row.oauth_token_url ?? '',
        oauthScope: row.oauth_scope,
      }
    case 'BASICAUTH':
      return { type, username: row.username ?? '', password: secret }
    case 'APIKEY':
      return { type, apikey: secret }
  }
}

function secretOf(content: CredentialContent): string {
  switch (content.type) {
    case 'OAUTH':
      return content.oauthClientSecret
    case 'BASICAUTH':
      return content.password
    case 'APIKEY':
      return content.apikey
  }
}
