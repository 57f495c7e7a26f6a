import type { Context, MiddlewareHandler } from 'hono'
import { readPresented } from '../../domain/access/presented.ts'
import { SincewireError } from '../../domain/errors.ts'
import type { Authenticate } from '../../services/access/authenticate.ts'
import type { ApiEnv } from '../room.ts'

const READS = ['GET', 'HEAD', 'OPTIONS']

/** Finds out who calls and sets `caller`; nothing that stands behind it is reached by anybody unknown. */
export function authenticateCalls(authenticate: Authenticate): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const presented = readPresented({
      authorization: c.req.header('authorization'),
      apiKey: c.req.header('x-api-key'),
    })
    const caller = await authenticate(presented, c.get('address'))
    const byBasic = presented.kind === 'key' && presented.via === 'basic'
    if (byBasic && !READS.includes(c.req.method) && isFromElsewhere(c)) {
      throw new SincewireError('forbidden', 'A page of another site may not change anything here')
    }
    c.set('caller', caller)
    await next()
  }
}

/** A browser that was once given a name and password sends them along with whatever another site's page asks for. */
function isFromElsewhere(c: Context<ApiEnv>): boolean {
  const site = c.req.header('sec-fetch-site')
  return site !== undefined && site !== 'same-origin' && site !== 'none'
}
