import { createRoute, z } from '@hono/zod-openapi'
import { toIsoMillis } from '../domain/instant.ts'
import type { AuditServices } from '../services/audit/index.ts'
import { failures, json, missing } from './merchandising/answers.ts'
import { PRIVATE_PATH } from './merchandising/paths.ts'
import { queryText, refuseQuery } from './merchandising/query.ts'
import type { Room } from './room.ts'

const call = z
  .object({
    correlationId: z.string(),
    service: z.string().openapi({ example: 'Common/vDate' }),
    method: z.string(),
    status: z.int(),
    startedAt: z.iso.datetime(),
    durationMilliseconds: z.number(),
    request: z.string().nullable().openapi({ description: 'the query, or else the body' }),
    response: z.string().nullable(),
  })
  .openapi('AuditedCall')

const route = createRoute({
  method: 'get',
  path: `${PRIVATE_PATH}/restService/status`,
  summary: 'Finds audited calls again by the X-Correlation-ID that they carried or were answered with.',
  request: { query: z.strictObject({ xCorrelationId: queryText(128) }) },
  responses: {
    200: json('The calls, the latest first', z.object({ items: z.array(call), count: z.int() })),
    ...failures,
    ...missing,
  },
})

/** `GET restService/status?xCorrelationId=` (merchandising facts; the answer's fields are ours). */
export const addAuditStatus: Room<Pick<AuditServices, 'findCalls'>> = (api, services) => {
  api.openapi(
    route,
    async (c) => {
      const calls = await services.findCalls(c.req.valid('query').xCorrelationId)
      const items = calls.map(({ startedAt, ...found }) => ({
        ...{ correlationId: found.correlationId, service: found.service, method: found.method },
        ...{ status: found.status, startedAt: toIsoMillis(startedAt) },
        durationMilliseconds: found.durationMilliseconds,
        ...{ request: found.request, response: found.response },
      }))
      return c.json({ items, count: items.length }, 200)
    },
    refuseQuery,
  )
}
