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
}
