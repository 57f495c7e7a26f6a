import { createRoute, z } from '@hono/zod-openapi'
import type { AdministrationServices } from '../../../services/administration.ts'
import type { Room } from '../../room.ts'
import { failures, json, link } from '../answers.ts'
import { onlyMethods } from '../methods.ts'
import { OPERATIONS_PATH } from '../paths.ts'
import { formatQuery, queryLimit, queryText, refuseQuery } from '../query.ts'

const DEFAULT_LIMIT = 1000
const CODE_TYPE_LENGTH = 30

const codeType = z
  .object({
    codeType: z.string(),
    description: z.string(),
    details: z.array(
      z.object({
        code: z.string(),
        codeDescription: z.string(),
        sequence: z.string().openapi({ description: 'a whole number, as text', example: '2' }),
        usedInd: z.enum(['Y', 'N']),
      }),
    ),
  })
  .openapi('CodeType')

const route = createRoute({
  method: 'get',
  path: `${OPERATIONS_PATH}/codes`,
  summary: 'Code types with all their codes, in order of the code types.',
  request: {
    query: z.strictObject({
      offsetkey: queryText(CODE_TYPE_LENGTH)
        .optional()
        .openapi({ description: 'the code type behind which to go on' }),
      limit: queryLimit('code types', DEFAULT_LIMIT),
      codeType: queryText(CODE_TYPE_LENGTH).optional().openapi({ description: 'only this one' }),
    }),
  },
  responses: {
    200: json(
      'A page of code types',
      z
        .object({
          items: z.array(codeType),
          hasMore: z.boolean(),
          limit: z.int(),
          count: z.int(),
          links: z.array(link),
        })
        .openapi('CodeTypes'),
    ),
    ...failures,
  },
})

/**
 * `GET …/codes` (document 004, "Get Codes and Descriptions for All or Provided Code Type"). A sequence is text, as in
 * the sample; the list of fields calls it a number.
 */
export const addCodes: Room<Pick<AdministrationServices, 'listCodes' | 'publicUrl'>> = (api, services) => {
  api.openapi(
    route,
    async (c) => {
      const { offsetkey, limit: limitText, codeType } = c.req.valid('query')
      const limit = Number(limitText ?? DEFAULT_LIMIT)
      const query = { codeType: codeType ?? null, after: offsetkey ?? null, limit }
      const { items, next } = await services.listCodes(query)
      const link = (rel: 'self' | 'next', key: string | undefined) => {
        const parameters = formatQuery({ offsetkey: key, limit: String(limit), codeType })
        return { href: `${services.publicUrl()}${route.path}?${parameters}`, rel }
      }
      return c.json(
        {
          items: items.map((item) => ({
            ...item,
            details: item.details.map((detail) => ({ ...detail, sequence: String(detail.sequence) })),
          })),
          hasMore: next !== null,
          limit,
          count: items.length,
          links: [link('self', offsetkey), ...(next === null ? [] : [link('next', next)])],
        },
        200,
      )
    },
    refuseQuery,
  )
  onlyMethods(api, route.path, ['GET', 'HEAD'])
}
