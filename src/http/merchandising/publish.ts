import type { Context } from 'hono'
import { invalidField } from '../../domain/errors.ts'
import { toIsoMillis } from '../../domain/instant.ts'
import { SERVICES_PATH } from '../../domain/publishLinks.ts'
import type { PublishServices } from '../../services/publish/index.ts'
import type { ApiEnv, Room } from '../room.ts'
import { describePublish } from './publishDocs.ts'

/**
 * `GET …/services/<service>` and `…/<service>/{id}`: what changed in a window, and one record. Add it after every
 * other path below /MerchIntegrations/services: it takes whatever is left, since service names are data.
 *
 * Beyond the documented body: the header X-Feed-Loaded says when the service was loaded, or `never`, so that an
 * empty page of a feed that nobody loaded yet is not mistaken for "nothing changed".
 */
export const addPublish: Room<PublishServices> = (api, services) => {
  describePublish(api)
  api.get(`${SERVICES_PATH}/*`, async (c) => {
    const { pathname, searchParams } = new URL(c.req.url)
    const { bytes, loadedAt } = await services.publish(c.get('caller'), segmentsOf(pathname), searchParams)
    c.header('x-feed-loaded', loadedAt === null ? 'never' : toIsoMillis(loadedAt))
    return json(c, bytes)
  })
}

function segmentsOf(pathname: string): string[] {
  const rest = pathname.slice(SERVICES_PATH.length + 1)
  return rest.split('/').map((segment) => {
    try {
      return decodeURIComponent(segment)
    } catch {
      throw invalidField('path', 'must be percent-encoded UTF-8', segment)
    }
  })
}

// The bytes go out as they are: what came from PostgreSQL is never parsed on the way.
function json(c: Context<ApiEnv>, bytes: Buffer): Response {
  return c.body(new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length), 200, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
  })
}
