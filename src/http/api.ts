import { randomUUID } from 'node:crypto'
import { OpenAPIHono } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { methodNotAllowed } from 'hono/method-not-allowed'
import type { Caller } from '../domain/caller.ts'
import { invalid, notFound, shown } from '../domain/errors.ts'
import type { ProxyRules } from '../domain/clientAddress.ts'
import type { Log } from '../log.ts'
import type { Authenticate } from '../services/access/authenticate.ts'
import { authenticateCalls } from './access/authenticate.ts'
import { authorizeCalls, type RoleFor } from './access/authorize.ts'
import { roleFor as whole } from './access/roles.ts'
import { identifyAddress } from './address.ts'
import { attribute } from './attribute.ts'
import { checkRefusals, refuseDuringBatch, type BatchGuard } from './batchGuard.ts'
import { brokeOff, limitBody } from './bodyLimit.ts'
import { answerFor } from './errors.ts'
import { addHealth, type Readiness } from './health.ts'
import { limitHead, type HeadLimits } from './limits.ts'
import { addOpenApi } from './openapi.ts'
import { limitRequests } from './rateLimit.ts'
import type { Api, ApiEnv } from './room.ts'

export interface ApiOptions {
  readonly log: Log
  /** Who makes a call; asked of every call but the health checks. */
  readonly authenticate: Authenticate
  /** The role that an operation needs; default: by the table of the whole API. */
  readonly roleFor?: RoleFor
  /** Whose word on the caller's address is taken. */
  readonly proxies: ProxyRules
  readonly limits: HeadLimits & { readonly bodyMegabytes: number; readonly requestsPerMinute: number }
  /** When given: for how long browsers shall insist on TLS. */
  readonly hstsSeconds?: number | undefined
  readonly readiness: () => Promise<Readiness>
  /** The rooms, each already holding its services, e.g. (api) => merchandising(api, services). */
  readonly rooms: readonly ((api: Api) => void)[]
  /** When given: write services that are refused while the nightly batch runs. Each must be one of the rooms'. */
  readonly batch?: BatchGuard | undefined
}

/** The whole API: what all rooms share around them. Needs no port: tests may call `api.request`. */
export function createApi(options: ApiOptions): Api {
  const { log, authenticate, roleFor = whole, limits, readiness, rooms, batch } = options
  const api = new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (result.success) return
      throw invalid(
        result.error.issues.map(({ path, message }) => ({
          error: message,
          field: path.map(String).join('.'),
          inputValue: null,
        })),
      )
    },
  })
  api.use(correlate(log))
  api.use(identifyAddress(options.proxies))
  if (options.hstsSeconds) api.use(insistOnTls(options.hstsSeconds))
  api.use(limitHead(limits))
  addHealth(api, readiness)
  api.use(authenticateCalls(authenticate))
  api.use(limitRequests(limits.requestsPerMinute))
  api.use(authorizeCalls(roleFor))
  api.use(attribute())
  api.use(
    methodNotAllowed({
      app: api,
      onMethodNotAllowed: (c, methods) => {
        const message = `The method must be one of ${methods.join(', ')}`
        return c.json({ status: 'ERROR', message }, 405, { allow: methods.join(', ') })
      },
    }),
  )
  api.use(limitBody(limits.bodyMegabytes << 20))
  if (batch) api.use(refuseDuringBatch(batch))
  for (const room of rooms) room(api)
  addOpenApi(api)
  if (batch) checkRefusals(api, batch)
  api.notFound((c) => c.json(answerFor(notFound(), c.get('correlationId')).body, 404))
  api.onError((error, c) => {
    const { status, headers, body, ours } = answerFor(brokeOff(c) ?? error, c.get('correlationId'))
    if (ours) c.get('log').error({ err: error }, 'a request failed')
    return c.json(body, status, headers)
  })
  return api
}

/** Every call has a correlation id and leaves a line in the log, at debug. */
function correlate(log: Log): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const given = c.req.header('x-correlation-id')
    const correlationId = given !== undefined && /^[\x21-\x7e]{1,128}$/.test(given) ? given : randomUUID()
    c.set('correlationId', correlationId)
    c.set('log', log.child({ correlationId }))
    const began = performance.now()
    await next()
    c.res.headers.set('x-correlation-id', correlationId)
    const { method } = c.req
    // As it was sent, percent-encoded: a line break of whatever alphabet must not begin a line of the log.
    const path = URL.parse(c.req.url)?.pathname
    const milliseconds = Math.round(performance.now() - began)
    const caller: Caller | undefined = c.get('caller')
    const line = { method, path: shown(path), status: c.res.status, client: caller?.client, milliseconds }
    c.get('log').debug(line, 'request')
  }
}

/** Strict-Transport-Security: only an answer over TLS may carry it. */
function insistOnTls(seconds: number): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    await next()
    c.res.headers.set('strict-transport-security', `max-age=${seconds}`)
  }
}
