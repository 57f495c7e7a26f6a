import type { CredentialType, OpenCredential } from '../../domain/credential.ts'
import { apikey } from './apikey.ts'
import type { Authenticate, CredentialOf } from './authenticate.ts'
import { basicauth } from './basicauth.ts'
import { mtls } from './mtls.ts'
import { oauth, type OauthOptions } from './oauth.ts'

/** Every type of credential, so that one that is forgotten does not compile. */
type Registry = { readonly [T in CredentialType]: Authenticate<CredentialOf<T>> }

/** How a credential of any type becomes headers. */
export function createAuthenticate(options: OauthOptions): Authenticate<OpenCredential> {
  const registry: Registry = { OAUTH: oauth(options), BASICAUTH: basicauth, APIKEY: apikey, MTLS: mtls }
  // The compiler cannot see that the entry found under a credential's type takes that credential.
  return (credential) => (registry[credential.type] as Authenticate<OpenCredential>)(credential)
}
