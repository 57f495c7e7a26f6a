import type { MiddlewareHandler } from 'hono'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Caller } from '../domain/caller.ts'
import { SincewireError } from '../domain/errors.ts'
import { answerFor } from './errors.ts'
import type { ApiEnv } from './room.ts'

const WINDOW_SECONDS = 60

/**
 * So many requests of one client within a minute, in this process; 429 with Retry-After above that. Every answer
 * tells in RateLimit-Limit, -Remaining and -Reset (seconds) how things stand. Behind authentication: it counts
 * clients, not addresses.
 */
export function limitRequests(perMinute: number): MiddlewareHandler<ApiEnv> {
  const limiter = new RateLimiterMemory({ points: perMinute, duration: WINDOW_SECONDS, keyPrefix: '' })
  return async (c, next) => {
    const count = await limiter.consume(keyOf(c.get('caller'))).catch((full: unknown) => {
      if (full instanceof RateLimiterRes) return full
      throw full
    })
    // The limiter's clock may be set back; its timer is not.
    const seconds = Math.min(WINDOW_SECONDS, Math.max(1, Math.ceil(count.msBeforeNext / 1000)))
    if (count.consumedPoints <= perMinute) await next()
    else {
      const error = new SincewireError('throttled', `More than ${perMinute} requests in a minute`, {
        retryAfterSeconds: seconds,
      })
      const { status, headers, body } = answerFor(error, c.get('correlationId'))
      c.res = c.json(body, status, headers)
    }
    c.res.headers.set('ratelimit-limit', String(perMinute))
    c.res.headers.set('ratelimit-remaining', String(Math.max(0, count.remainingPoints)))
    c.res.headers.set('ratelimit-reset', String(seconds))
  }
}

/** A token's subject and a client may have one name, and are not one. */
function keyOf({ via, client }: Caller): string {
  return `${via === 'bearer' || via === 'adminKey' ? via : 'client'} ${client}`
}
