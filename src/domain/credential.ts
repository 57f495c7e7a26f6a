/** How we authenticate to a listener (document 004, "Manage Webhook Credential"; MTLS is ours). */
export type CredentialType = OwnContent['type']

export const CREDENTIAL_TYPES = [
  'OAUTH',
  'BASICAUTH',
  'APIKEY',
  'MTLS',
] as const satisfies readonly CredentialType[]

/** What a credential of each type holds. */
export type CredentialContent = OwnContent & {
  /** Absent: connections show no certificate and trust the usual authorities. */
  readonly tls?: TlsMaterial | undefined
}

type OwnContent =
  | {
      readonly type: 'OAUTH'
      readonly oauthClientId: string
      readonly oauthClientSecret: string
      readonly oauthTokenUrl: string
      readonly oauthScope: string | null
    }
  | { readonly type: 'BASICAUTH'; readonly username: string; readonly password: string }
  | {
      readonly type: 'APIKEY'
      readonly apikey: string
      /** Lower case; null: x-api-key. */
      readonly apikeyHeader?: string | null
      /** Stands before the key with a blank between, e.g. `API_KEY`. */
      readonly apikeyPrefix?: string | null
    }
  /** The client certificate is all there is. */
  | { readonly type: 'MTLS' }

/** What connections show and trust, whatever the type: PEM texts. */
export interface TlsMaterial {
  readonly client: ClientCertificate | null
  /** Authorities trusted beside the usual ones. */
  readonly ca: string | null
}

export interface ClientCertificate {
  /** Our own first, then those between it and the root. */
  readonly certificate: string
  /** PKCS #8, in the clear. */
  readonly key: string
}

/**
 * A credential with its secret in the clear: lives for one delivery (or one token) in memory and is never
 * logged, shown or stored.
 */
export type OpenCredential = CredentialContent & {
  readonly credentialName: string
  /** Moves when the content changes: a token fetched for another revision is stale. */
  readonly revision: number
}
