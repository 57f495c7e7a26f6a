import { createRoute, z } from '@hono/zod-openapi'
import { SERVICES_PATH } from '../../domain/publishLinks.ts'
import type { PublishServices } from '../../services/publish/index.ts'
import type { Room } from '../room.ts'
import { failures } from './answers.ts'

const moment = z.iso.datetime().nullable()

const route = createRoute({
  method: 'get',
  path: `${SERVICES_PATH}/omnichannel/refreshdate`,
  summary: 'When each enabled service was loaded and last changed: a cheap look before pulling.',
  request: { query: z.object({ entitytype: z.string().optional().openapi({ description: 'one service' }) }) },
  responses: {
    200: {
      description: 'All on one page',
      content: {
        'application/json': {
          schema: z.object({
            items: z.array(
              z.object({
                entity: z.string(),
                refreshdate: moment,
                latestupdatetime: moment,
                loadedAt: moment,
              }),
            ),
            hasMore: z.literal(false),
            limit: z.number(),
            count: z.number(),
            links: z.array(z.object({ href: z.string(), rel: z.literal('self') })),
          }),
        },
      },
    },
    ...failures,
  },
})

/** `GET …/services/omnichannel/refreshdate?entitytype=`. */
export const addRefreshDate: Room<PublishServices> = (api, services) => {
  api.openapi(route, async (c) => {
    const { pathname, search, searchParams } = new URL(c.req.url)
    const items = [...(await services.refreshDates(c.get('caller'), searchParams))]
    const links = [{ href: `${services.publicUrl()}${pathname}${search}`, rel: 'self' as const }]
    return c.json({ items, hasMore: false as const, limit: 999_999, count: items.length, links }, 200)
  })
}
