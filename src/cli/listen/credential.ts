import { timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** What callers must show. */
export type ExpectedCredential =
  | { readonly type: 'basic'; readonly username: string; readonly password: string }
  | { readonly type: 'apikey'; readonly key: string }
  /** `token` undefined: any bearer token will do. */
  | { readonly type: 'bearer'; readonly token: string | undefined }

/** From `basic:user:password`, `apikey:KEY`, `bearer` or `bearer:TOKEN`; undefined when it is none of them. */
export function parseCredential(text: string): ExpectedCredential | undefined {
  const [type = '', ...rest] = text.split(':')
  const [first = '', ...others] = rest
  if (type === 'basic' && first !== '' && others.length > 0) {
    return { type, username: first, password: others.join(':') }
  }
  if (type === 'apikey' && rest.join(':') !== '') return { type, key: rest.join(':') }
  if (type === 'bearer') return { type, token: rest.join(':') || undefined }
  return undefined
}

/** Whether a call shows it. */
export function admits(expected: ExpectedCredential, headers: IncomingHttpHeaders): boolean {
  const authorization = headers.authorization ?? ''
  switch (expected.type) {
    case 'basic': {
      const pair = Buffer.from(`${expected.username}:${expected.password}`).toString('base64')
      return same(authorization, `Basic ${pair}`)
    }
    case 'apikey':
      return same(String(headers['x-api-key'] ?? ''), expected.key)
    case 'bearer':
      return expected.token === undefined
        ? /^Bearer \S+$/.test(authorization)
        : same(authorization, `Bearer ${expected.token}`)
  }
}

function same(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)]
  return a.length === b.length && timingSafeEqual(a, b)
}
