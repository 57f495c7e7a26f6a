/** How we authenticate to a listener (document 004, "Manage Webhook Credential"). */
export type CredentialType = 'OAUTH' | 'BASICAUTH' | 'APIKEY'

export const CREDENTIAL_TYPES: readonly CredentialType[] = ['OAUTH', 'BASICAUTH', 'APIKEY']

/**
 * A credential with its secret in the clear: lives for one delivery (or one token) in memory and is never
 * logged, shown or stored.
 */
export type OpenCredential =
  | {
      readonly type: 'OAUTH'
      readonly credentialName: string
      /** Moves when the content changes: a token fetched for another revision is stale. */
      readonly revision: number
      readonly oauthClientId: string
      readonly oauthClientSecret: string
      readonly oauthTokenUrl: string
      readonly oauthScope: string | null
    }
  | {
      readonly type: 'BASICAUTH'
      readonly credentialName: string
      readonly revision: number
      readonly username: string
      readonly password: string
    }
  | {
      readonly type: 'APIKEY'
      readonly credentialName: string
      readonly revision: number
      /** Sent as header X-API-Key. */
      readonly apikey: string
    }
