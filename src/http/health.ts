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
}
