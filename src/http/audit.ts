import type { MiddlewareHandler } from 'hono'
import type { AuditServices } from '../services/audit/index.ts'
import { PRIVATE_PATH } from './merchandising/paths.ts'
import type { ApiEnv, Room } from './room.ts'

/**
 * The services whose "Table Impact" in document 004 lists JOB_AUDIT_LOGS and JOB_AUDIT_PAYLOAD: list a path here and
 * its calls are audited. Never list one whose calls carry personal data or secrets: query, body and answer are kept.
 */
export const AUDITED: readonly string[] = [
  'CodeDetail/codeDetails',
  'Common/FuncSysOps',
  'Common/InvMovSysOps',
  'Common/POSysOps',
  'Common/vDate',
  'Vdate/vdateDetail',
  'processes/update/process_config/execution',
]

/** Audits the listed services. Add it before their rooms. */
export const addAudit: Room<Pick<AuditServices, 'trail'>> = (api, services) => {
  for (const service of AUDITED) api.use(`${PRIVATE_PATH}/${service}`, audit(services, service))
}

function audit({ trail }: Pick<AuditServices, 'trail'>, service: string): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const [startedAt, began] = [Date.now(), performance.now()]
    await next()
    const durationMilliseconds = Math.round((performance.now() - began) * 1000) / 1000
    const { method } = c.req
    const { status } = c.res
    const query = new URL(c.req.url).search.slice(1)
    const request = method === 'GET' || method === 'HEAD' ? query || null : await bodyOf(c.req)
    const response = await c.res.clone().text()
    trail.record({
      ...{ correlationId: c.get('correlationId'), service, method, status, startedAt, durationMilliseconds },
      ...{ request, response },
    })
  }
}

/** Hono keeps what a handler has read; a body that nobody read, or that broke off, is not worth the wait. */
async function bodyOf(request: { text(): Promise<string> }): Promise<string | null> {
  try {
    return await request.text()
  } catch {
    return null
  }
}
