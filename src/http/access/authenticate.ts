import type { MiddlewareHandler } from 'hono'
import { readPresented } from '../../domain/access/presented.ts'
import type { Authenticate } from '../../services/access/authenticate.ts'
import type { ApiEnv } from '../room.ts'

/** Finds out who calls and sets `caller`; nothing that stands behind it is reached by anybody unknown. */
export function authenticateCalls(authenticate: Authenticate): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const presented = readPresented({
      authorization: c.req.header('authorization'),
      apiKey: c.req.header('x-api-key'),
    })
    c.set('caller', await authenticate(presented, c.get('address')))
    await next()
  }
}
