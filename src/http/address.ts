import type { MiddlewareHandler } from 'hono'
import { createClientAddress, type ProxyRules } from '../domain/clientAddress.ts'
import { incomingOf } from './incoming.ts'
import type { ApiEnv } from './room.ts'

/** Sets `address`: where the call comes from, past trusted proxies. Everything that asks "from where" reads this. */
export function identifyAddress(proxies: ProxyRules): MiddlewareHandler<ApiEnv> {
  const addressOf = createClientAddress(proxies)
  return async (c, next) => {
    const incoming = incomingOf(c)
    const peer = incoming?.socket.remoteAddress
    c.set('address', peer === undefined ? null : addressOf(peer, c.req.header(proxies.header)))
    await next()
  }
}
