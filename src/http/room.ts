import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Caller } from '../domain/caller.ts'
import type { Log } from '../log.ts'

/** What every request carries. */
export interface ApiEnv {
  Variables: {
    /** The caller's X-Correlation-ID, or one of ours; answered in the same header. */
    correlationId: string
    /** Lines written here carry the correlation id. */
    log: Log
    /** The IP address of the caller, past trusted proxies; null: the call came over no connection. */
    address: string | null
    /** Who calls; health checks have none. */
    caller: Caller
  }
}

export type Api = OpenAPIHono<ApiEnv>

/**
 * An API family: adds its paths to the api, each handler a translation between HTTP and one verb of services/,
 * nothing else. A room reads no settings, opens nothing and never touches the database. It throws what the
 * verbs throw; errors.ts answers. `Services` is what the room needs of services/, given by app.ts.
 */
export type Room<Services> = (api: Api, services: Services) => void
