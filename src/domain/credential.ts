/** How we authenticate to a listener (document 004, "Manage Webhook Credential"). */
export type CredentialType = CredentialContent['type']

export const CREDENTIAL_TYPES = ['OAUTH', 'BASICAUTH', 'APIKEY'] as const satisfies readonly CredentialType[]

/** What a credential of each type holds. */
export type CredentialContent =
  | {
      readonly type: 'OAUTH'
      readonly oauthClientId: string
      readonly oauthClientSecret: string
      readonly oauthTokenUrl: string
      readonly oauthScope: string | null
    }
  | { readonly type: 'BASICAUTH'; readonly username: string; readonly password: string }
  /** Sent as header X-API-Key. */
  | { readonly type: 'APIKEY'; readonly apikey: string }

/**
 * A credential with its secret in the clear: lives for one delivery (or one token) in memory and is never
 * logged, shown or stored.
 */
export type OpenCredential = CredentialContent & {
  readonly credentialName: string
  /** Moves when the content changes: a token fetched for another revision is stale. */
  readonly revision: number
}
