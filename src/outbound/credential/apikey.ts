import type { Authenticate, CredentialOf } from './authenticate.ts'

/** Document 004 names the type, not the header: X-API-Key is ours, others ask for e.g. `Authorization: API_KEY …`. */
export const apikey: Authenticate<CredentialOf<'APIKEY'>> = ({
  apikey: key,
  apikeyHeader,
  apikeyPrefix,
}) => ({
  kind: 'authenticated',
  headers: { [apikeyHeader ?? 'x-api-key']: apikeyPrefix ? `${apikeyPrefix} ${key}` : key },
  secrets: [key],
})
