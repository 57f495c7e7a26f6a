import { z } from '@hono/zod-openapi'
import type { Api } from './room.ts'

/** `ready`, or why the process should get no calls now. */
export type Readiness = 'ready' | 'starting' | 'draining' | 'database does not answer'

/** GET /healthz: the process lives. GET /readyz: it can serve; 503 tells a load balancer to go elsewhere. */
export function addHealth(api: Api, readiness: () => Promise<Readiness>): void {
  api.get('/healthz', (c) => c.json({ status: 'ok' }))
  api.get('/readyz', async (c) => {
    const status = await readiness()
    return c.json({ status }, status === 'ready' ? 200 : 503)
  })
  describeHealth(api)
}

function describeHealth(api: Api): void {
  const content = { 'application/json': { schema: z.object({ status: z.string() }) } }
  const open = { method: 'get' as const, security: [] }
  api.openAPIRegistry.registerPath({
    ...{ ...open, path: '/healthz', summary: 'Whether the process lives.' },
    responses: { 200: { description: 'It does', content } },
  })
  api.openAPIRegistry.registerPath({
    ...{ ...open, path: '/readyz', summary: 'Whether the process can serve.' },
    responses: {
      200: { description: 'It can', content },
      503: { description: 'A load balancer should go elsewhere', content },
    },
  })
}
