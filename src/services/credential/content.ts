import type { CredentialRow } from '../../db/credential.ts'
import { expiryOf, firstExpiry, readCertificates } from '../../domain/certificate.ts'
import type { CredentialContent, TlsMaterial } from '../../domain/credential.ts'
import type { Vault } from '../../secrets/vault.ts'
import { credentialContext } from '../secrets/registry.ts'

/** The columns that hold a credential's content: what may be seen in the clear, the rest sealed. */
type ContentColumns = OwnColumns & TlsColumns

type OwnColumns = Pick<
  CredentialRow,
  | 'credential_type'
  | 'username'
  | 'oauth_client_id'
  | 'oauth_token_url'
  | 'oauth_scope'
  | 'apikey_header'
  | 'apikey_prefix'
  | 'secret'
  | 'secret_key_id'
>

type TlsColumns = Pick<
  CredentialRow,
  | 'client_certificate'
  | 'client_certificate_expires_at'
  | 'client_key'
  | 'client_key_key_id'
  | 'ca_certificate'
  | 'ca_certificate_expires_at'
>

/**
 * Seals a credential's secrets for its row. Those of `present` that have not changed stay as they are: so the log of
 * changes tells what was changed from what was not.
 */
export function sealContent(
  vault: Vault,
  credentialName: string,
  content: CredentialContent,
  present?: CredentialRow,
): ContentColumns {
  const secret = secretOf(content)
  const before = present?.credential_type === content.type ? present : undefined
  return {
    credential_type: content.type,
    username: content.type === 'BASICAUTH' ? content.username : null,
    oauth_client_id: content.type === 'OAUTH' ? content.oauthClientId : null,
    oauth_token_url: content.type === 'OAUTH' ? content.oauthTokenUrl : null,
    oauth_scope: content.type === 'OAUTH' ? content.oauthScope : null,
    apikey_header: (content.type === 'APIKEY' && content.apikeyHeader) || null,
    apikey_prefix: (content.type === 'APIKEY' && content.apikeyPrefix) || null,
    secret: sealOrKeep(vault, secret, credentialContext(credentialName, content.type), {
      sealed: before?.secret,
      keyId: before?.secret_key_id,
    }),
    secret_key_id: secret === null ? null : vault.keyId,
    ...sealTls(vault, credentialName, content.tls, present),
  }
}

function sealTls(
  vault: Vault,
  credentialName: string,
  tls: TlsMaterial | undefined,
  present: CredentialRow | undefined,
): TlsColumns {
  const { client = null, ca = null } = tls ?? {}
  const [own] = (client && readCertificates(client.certificate)) ?? []
  const authorities = (ca !== null && readCertificates(ca)) || []
  return {
    client_certificate: client && client.certificate,
    client_certificate_expires_at: own ? expiryOf(own) : null,
    client_key: sealOrKeep(
      vault,
      client && client.key,
      credentialContext(credentialName, 'clientPrivateKey'),
      {
        sealed: present?.client_key,
        keyId: present?.client_key_key_id,
      },
    ),
    client_key_key_id: client && vault.keyId,
    ca_certificate: ca,
    ca_certificate_expires_at: firstExpiry(authorities) ?? null,
  }
}

interface Sealed {
  readonly sealed: Buffer | null | undefined
  readonly keyId: string | null | undefined
}

/** Each sealing of a text is another one. */
function sealOrKeep(
  vault: Vault,
  text: string | null,
  context: string,
  { sealed, keyId }: Sealed,
): Buffer | null {
  if (text === null) return null
  return sealed && keyId === vault.keyId && vault.open(sealed, context) === text
    ? sealed
    : vault.seal(text, context)
}

/** What openContent reads. */
export type SealedContent = Omit<
  ContentColumns,
  'secret_key_id' | 'client_key_key_id' | 'client_certificate_expires_at' | 'ca_certificate_expires_at'
>

/** Opens what sealContent sealed. Throws `unusable` when the key is another one or the row was tampered with. */
export function openContent(vault: Vault, credentialName: string, row: SealedContent): CredentialContent {
  const tls = openTls(vault, credentialName, row)
  return { ...openOwn(vault, credentialName, row), ...(tls && { tls }) }
}

function openOwn(vault: Vault, credentialName: string, row: SealedContent): CredentialContent {
  const type = row.credential_type
  // The table's checks hold that only MTLS has none.
  const secret = row.secret === null ? '' : vault.open(row.secret, credentialContext(credentialName, type))
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
      return { type, apikey: secret, apikeyHeader: row.apikey_header, apikeyPrefix: row.apikey_prefix }
    case 'MTLS':
      return { type }
  }
}

function openTls(vault: Vault, credentialName: string, row: SealedContent): TlsMaterial | undefined {
  const { client_certificate: certificate, client_key: sealed, ca_certificate: ca } = row
  const client =
    certificate === null || sealed === null
      ? null
      : { certificate, key: vault.open(sealed, credentialContext(credentialName, 'clientPrivateKey')) }
  return client || ca !== null ? { client, ca } : undefined
}

function secretOf(content: CredentialContent): string | null {
  switch (content.type) {
    case 'OAUTH':
      return content.oauthClientSecret
    case 'BASICAUTH':
      return content.password
    case 'APIKEY':
      return content.apikey
    case 'MTLS':
      return null
  }
}
