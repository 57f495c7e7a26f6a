import type { Context, MiddlewareHandler } from 'hono'
import type { Caller } from '../domain/caller.ts'
import type { Changer } from '../domain/change.ts'
import { asChanger } from '../services/changes/index.ts'
import type { ApiEnv } from './room.ts'

const READING = ['GET', 'HEAD', 'OPTIONS']

/** What a call changes is logged as its caller's. Add it behind whatever finds out who calls. */
export function attribute(): MiddlewareHandler<ApiEnv> {
  return (c, next) => (READING.includes(c.req.method) ? next() : asChanger(changerOf(c), next))
}

function changerOf(c: Context<ApiEnv>): Changer {
  const caller = c.get('caller') as Caller | undefined
  const correlationId = c.get('correlationId')
  if (!caller) return { actor: 'anybody', role: null, via: 'http', address: c.get('address'), correlationId }
  const { client, role, via, address } = caller
  return { actor: client, role, via, address, correlationId }
}
