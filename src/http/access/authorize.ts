import type { Context, MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import { mayAct, type ClientRole } from '../../domain/caller.ts'
import { SincewireError } from '../../domain/errors.ts'
import type { ApiEnv } from '../room.ts'

/** The role that an operation (`GET /path/{parameter}`) needs; undefined: nobody may. */
export type RoleFor = (operation: string) => ClientRole | undefined

/** Lets a call through whose caller has the role for it. */
export function authorizeCalls(roleFor: RoleFor): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const operation = operationOf(c)
    if (operation !== undefined) {
      const needed = roleFor(operation)
      if (needed === undefined || !mayAct(c.get('caller').role, needed)) {
        const whose = needed === undefined ? 'nobody' : `a client with the role ${needed}`
        throw new SincewireError('forbidden', `This call is for ${whose}`)
      }
    }
    await next()
  }
}

/** The operation that will answer; undefined: none will, so that the answer is 404 or 405. */
function operationOf(c: Context<ApiEnv>): string | undefined {
  // What is bound to all methods stands around operations or refuses a method; it is never one itself.
  const route = matchedRoutes(c).find(({ method }) => method !== 'ALL')
  return route && operationName(route)
}

/** A route by its name in the OpenAPI document. */
export function operationName({ method, path }: { readonly method: string; readonly path: string }): string {
  return `${method} ${path.replace(/:(\w+)(?:\{[^}]*\})?/g, '{$1}').replace(/\/\*$/, '/{service}')}`
}
