import { createRoute, z } from '@hono/zod-openapi'
import { parseInstant, toIsoMillis } from '../domain/instant.ts'
import type { Change } from '../domain/change.ts'
import type { ChangeServices } from '../services/changes/index.ts'
import { failures, json, link } from './merchandising/answers.ts'
import { onlyMethods } from './merchandising/methods.ts'
import { OPERATIONS_PATH } from './merchandising/paths.ts'
import { formatQuery, queryText, queryWhole, refuseQuery } from './merchandising/query.ts'
import type { Room } from './room.ts'

const LIMIT = { most: 1000, byDefault: 100 }
const LONGEST = 300

const moment = z
  .string()
  .transform((text, context) => {
    const instant = parseInstant(text)
    if (instant === undefined)
      context.addIssue({ code: 'custom', message: 'must be a date-time such as 2026-11-20T20:46:00.000Z' })
    return instant ?? z.NEVER
  })
  .openapi({ type: 'string', format: 'date-time' })

const query = z.strictObject({
  objectKind: queryText(LONGEST).optional().openapi({ example: 'listener' }),
  objectName: queryText(LONGEST).optional(),
  actor: queryText(LONGEST).optional(),
  correlationId: queryText(LONGEST).optional(),
  since: moment.optional().openapi({ description: 'changed at that moment or later' }),
  before: moment.optional().openapi({ description: 'changed before that moment' }),
  limit: queryWhole(1, LIMIT.most).optional(),
  offsetkey: queryWhole(1, 999_999_999).optional(),
})

const columns = z.record(z.string(), z.unknown()).nullable()

const change = z
  .object({
    changeId: z.int(),
    changedAt: z.iso.datetime(),
    actor: z.string(),
    role: z.string().nullable(),
    via: z.string().openapi({ description: 'how the actor showed who it is; engine; sql: past the service' }),
    address: z.string().nullable(),
    correlationId: z.string().nullable(),
    login: z.string().openapi({ description: 'the role that was logged in to PostgreSQL' }),
    application: z.string(),
    objectKind: z.string(),
    objectName: z.string(),
    operation: z.string(),
    before: columns.openapi({
      description: 'by column; of an update those that differ; secrets as set or changed',
    }),
    after: columns,
  })
  .openapi('Change')

const route = createRoute({
  method: 'get',
  path: `${OPERATIONS_PATH}/changes`,
  summary: 'Who changed what, when and from where, the latest first.',
  request: { query },
  responses: {
    200: json(
      'A page',
      z
        .object({
          items: z.array(change),
          hasMore: z.boolean(),
          limit: z.int(),
          count: z.int(),
          links: z.array(link),
        })
        .openapi('Changes'),
    ),
    ...failures,
  },
})

/** `GET …/changes` (ours): the log of changes. */
export const addChanges: Room<ChangeServices> = (api, services) => {
  api.openapi(
    route,
    async (c) => {
      const { objectKind, objectName, actor, correlationId, since, before, ...page } = c.req.valid('query')
      const limit = Number(page.limit ?? LIMIT.byDefault)
      const { items, next } = await services.list({
        ...{ objectKind: objectKind ?? null, objectName: objectName ?? null, actor: actor ?? null },
        ...{ correlationId: correlationId ?? null, since: since ?? null, before: before ?? null, limit },
        offset: page.offsetkey === undefined ? null : Number(page.offsetkey),
      })
      const asked = c.req.query()
      const href = (offsetkey: string | undefined) =>
        `${services.publicUrl()}${route.path}?${formatQuery({ ...asked, limit: String(limit), offsetkey })}`
      const links = [{ href: href(page.offsetkey), rel: 'self' as const }]
      const more = next === null ? [] : [{ href: href(String(next)), rel: 'next' as const }]
      const answer = { items: items.map(toItem), hasMore: next !== null, limit, count: items.length }
      return c.json({ ...answer, links: [...links, ...more] }, 200)
    },
    refuseQuery,
  )
  onlyMethods(api, route.path, ['GET', 'HEAD'])
}

function toItem({ changedAt, ...rest }: Change) {
  return {
    ...rest,
    changedAt: toIsoMillis(changedAt),
    before: rest.before && { ...rest.before },
    after: rest.after && { ...rest.after },
  }
}
