import type { Context, MiddlewareHandler } from 'hono'
import type { Changer } from '../domain/change.ts'
import { asChanger } from '../services/changes/index.ts'
import type { ApiEnv } from './room.ts'

const READING = ['GET', 'HEAD', 'OPTIONS']

/** What a call changes is logged as its caller's. Add it behind whatever finds out who calls. */
export function attribute(): MiddlewareHandler<ApiEnv> {
  return (c, next) => (READING.includes(c.req.method) ? next() : asChanger(changerOf(c), next))
}

function changerOf(c: Context<ApiEnv>): Changer {
  const { client, role, via, address } = c.get('caller')
  return { actor: client, role, via, address, correlationId: c.get('correlationId') }
}
