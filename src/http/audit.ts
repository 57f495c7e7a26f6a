import type { Context, MiddlewareHandler } from 'hono'
import type { StatusCode } from 'hono/utils/http-status'
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
    const answer = keepJson(c)
    await next()
    const { method, url } = c.req
    const query = url.indexOf('?')
    trail.record({
      ...{ correlationId: c.get('correlationId'), service, method, status: c.res.status, startedAt },
      durationMilliseconds: performance.now() - began,
      request: method === 'POST' ? await bodyOf(c.req) : query < 0 ? null : url.slice(query + 1),
      response: answer(),
    })
  }
}

/** What is answered with `c.json`, kept on its way: reading a copy of the response costs more than the rest of it all. */
function keepJson(c: Context<ApiEnv>): () => string | null {
  let kept: string | null = null
  const json = (object: unknown, status?: StatusCode, headers?: Record<string, string>) =>
    c.newResponse((kept = JSON.stringify(object)), status, { 'content-type': 'application/json', ...headers })
  c.json = json as unknown as typeof c.json
  return () => kept
}

/** Hono keeps what a handler has read; a body that nobody read, or that broke off, is not worth the wait. */
async function bodyOf(request: { text(): Promise<string> }): Promise<string | null> {
  try {
    return await request.text()
  } catch {
    return null
  }
}
