import type { MiddlewareHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { incomingOf } from './incoming.ts'
import type { ApiEnv } from './room.ts'

export interface HeadLimits {
  readonly headers: number
  readonly urlCharacters: number
}

/** Answers 414 to a longer URL and 431 to more headers. How large headers may be is the server's to say. */
export function limitHead({ headers, urlCharacters }: HeadLimits): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const incoming = incomingOf(c)
    if (incoming && (incoming.url ?? '').length > urlCharacters) {
      throw new HTTPException(414, { message: `The URL is longer than ${urlCharacters} characters` })
    }
    if (incoming && incoming.rawHeaders.length / 2 > headers) {
      throw new HTTPException(431, { message: `There are more than ${headers} headers` })
    }
    await next()
  }
}
