import { createHash, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { SincewireError } from '../domain/errors.ts'
import type { ApiEnv } from './room.ts'

/** Lets only calls through that carry the admin key as x-api-key. */
export function requireAdminKey(adminKey: string): MiddlewareHandler<ApiEnv> {
  const wanted = digest(adminKey)
  return async (c, next) => {
    const given = c.req.header('x-api-key')
    // Digests are of one length, so the comparison tells nothing about the key, not even that.
    if (given === undefined || !timingSafeEqual(digest(given), wanted)) {
      throw new SincewireError('unauthenticated', 'The header x-api-key is missing or wrong')
    }
    await next()
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
