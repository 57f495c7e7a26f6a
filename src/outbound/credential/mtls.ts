import type { Authenticate, CredentialOf } from './authenticate.ts'

/** The connection shows the certificate; no header says more. */
export const mtls: Authenticate<CredentialOf<'MTLS'>> = () => ({
  kind: 'authenticated',
  headers: {},
  secrets: [],
})
