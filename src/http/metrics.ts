import type { Room } from './room.ts'

/** GET /metrics: in Prometheus's text format. Guarded like the API: it tells what the service is doing. */
export const addMetrics: Room<{ render(): Promise<{ contentType: string; text: string }> }> = (
  api,
  metrics,
) => {
  api.get('/metrics', async (c) => {
    const { contentType, text } = await metrics.render()
    return c.body(text, 200, { 'content-type': contentType })
  })
  api.openAPIRegistry.registerPath({
    method: 'get',
    path: '/metrics',
    summary: 'What the service is doing, for Prometheus.',
    responses: {
      200: {
        description: "Prometheus's text format",
        content: { 'text/plain': { schema: { type: 'string' } } },
      },
    },
  })
}
