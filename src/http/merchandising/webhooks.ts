import { createRoute, z } from '@hono/zod-openapi'
import { SERVICES_PATH } from '../../domain/publishLinks.ts'
import { LENGTHS } from '../../domain/registration/limits.ts'
import { plainTextFault } from '../../domain/registration/text.ts'
import {
  formatWebhookPosition,
  parseWebhookPosition,
  type WebhookPosition,
} from '../../domain/registration/webhookPosition.ts'
import type { RegistrationServices } from '../../services/registration.ts'
import type { Room } from '../room.ts'
import { failures, json, link } from './answers.ts'
import { onlyMethods } from './methods.ts'
import { formatQuery, queryLimit, queryText, refuseQuery } from './query.ts'
import { toWebhookItem, webhookItem } from './webhookItem.ts'

const DEFAULT_LIMIT = 1000

const query = z.strictObject({
  service: queryText(LENGTHS.service)
    .optional()
    .openapi({ description: 'only the listeners of this service' }),
  limit: queryLimit('items', DEFAULT_LIMIT),
  offsetkey: z
    .string('must be given once')
    .refine((text) => positionOf(text) !== undefined, 'must be an offsetkey from a link of this list')
    .optional()
    .openapi({ description: 'credential name, service and listener name, from the link to the next page' }),
  includeMetrics: z
    .enum(['Y', 'N'], 'must be one of Y, N')
    .optional()
    .openapi({ description: "Y: each listener's calls of today and yesterday (GMT)" }),
})

const route = createRoute({
  method: 'get',
  path: `${SERVICES_PATH}/administration/operations/webhooks`,
  summary:
    'All listeners with their status, and the credentials that no listener uses; an integrator sees its own.',
  request: { query },
  responses: {
    200: json(
      'A page, in order of credential name, service and listener name',
      z
        .object({
          items: z.array(webhookItem),
          hasMore: z.boolean(),
          limit: z.int(),
          count: z.int(),
          links: z.array(link),
        })
        .openapi('Webhooks'),
    ),
    ...failures,
  },
})

/** `GET …/webhooks` (document 004, "Get Webhooks"; newer fields from the public contract). */
export const addWebhooks: Room<RegistrationServices> = (api, services) => {
  api.openapi(
    route,
    async (c) => {
      const { service, limit: limitText, offsetkey, includeMetrics } = c.req.valid('query')
      const limit = Number(limitText ?? DEFAULT_LIMIT)
      const { items, next } = await services.listRegistrations(c.get('caller'), {
        service: service ?? null,
        limit,
        after: (offsetkey === undefined ? undefined : positionOf(offsetkey)) ?? null,
        includeMetrics: includeMetrics === 'Y',
      })
      const href = (key: string | undefined) =>
        `${services.publicUrl()}${route.path}?${formatQuery({ limit: String(limit), service, includeMetrics, offsetkey: key })}`
      const links = [{ href: href(offsetkey), rel: 'self' as const }]
      const more = next && { href: href(formatWebhookPosition(next)), rel: 'next' as const }
      return c.json(
        {
          items: items.map(toWebhookItem),
          hasMore: next !== null,
          limit,
          count: items.length,
          links: more ? [...links, more] : links,
        },
        200,
      )
    },
    refuseQuery,
  )
  onlyMethods(api, route.path, ['GET', 'HEAD'])
}

function positionOf(text: string): WebhookPosition | undefined {
  return plainTextFault(text) === undefined ? parseWebhookPosition(text) : undefined
}
