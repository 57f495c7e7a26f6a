import type { Authenticate, CredentialOf } from './authenticate.ts'

/** RFC 7617, in UTF-8. The user name holds no colon: registration sees to it. */
export const basicauth: Authenticate<CredentialOf<'BASICAUTH'>> = ({ username, password }) => {
  const encoded = Buffer.from(`${username}:${password}`).toString('base64')
  return {
    kind: 'authenticated',
    headers: { authorization: `Basic ${encoded}` },
    secrets: [encoded, password],
  }
}
