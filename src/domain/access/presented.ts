/** What a call shows of who makes it, nothing of it checked. */
export type Presented =
  | { readonly kind: 'nothing' }
  /** Something, but none of the ways in, or two at once. */
  | { readonly kind: 'unreadable' }
  | {
      readonly kind: 'key'
      readonly via: 'apiKey' | 'basic'
      readonly key: string
      /** The user name of HTTP Basic; null: the key alone. */
      readonly client: string | null
    }
  | { readonly kind: 'bearer'; readonly token: string }

/** Reads `Authorization: API_KEY …`, Basic and Bearer, and `x-api-key`. A call that shows two of them is not read. */
export function readPresented(headers: {
  readonly authorization: string | undefined
  readonly apiKey: string | undefined
}): Presented {
  const { authorization, apiKey } = headers
  if (apiKey !== undefined) {
    if (authorization !== undefined) return { kind: 'unreadable' }
    return { kind: 'key', via: 'apiKey', key: apiKey, client: null }
  }
  if (authorization === undefined) return { kind: 'nothing' }
  const [, scheme = '', rest = ''] = /^([A-Za-z_-]+) +(\S+)$/.exec(authorization) ?? []
  switch (scheme.toLowerCase()) {
    case 'api_key':
      return { kind: 'key', via: 'apiKey', key: rest, client: null }
    case 'basic':
      return readBasic(rest)
    case 'bearer':
      return { kind: 'bearer', token: rest }
    default:
      return { kind: 'unreadable' }
  }
}

/** RFC 7617: the first colon ends the user name. */
function readBasic(base64: string): Presented {
  const text = Buffer.from(base64, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 1) return { kind: 'unreadable' }
  return { kind: 'key', via: 'basic', key: text.slice(colon + 1), client: text.slice(0, colon) }
}
