import type { Authenticate, CredentialOf } from './authenticate.ts'

/** Document 004 names the type, not the header: X-API-Key is ours. */
export const apikey: Authenticate<CredentialOf<'APIKEY'>> = ({ apikey: key }) => ({
  kind: 'authenticated',
  headers: { 'x-api-key': key },
  secrets: [key],
})
