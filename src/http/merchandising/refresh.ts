import { createRoute, z } from '@hono/zod-openapi'
import { toIsoMillis, type Instant } from '../../domain/instant.ts'
import { REFRESH_ACTIONS, REFRESH_TYPES, REPUBLISH, type RefreshRequest } from '../../domain/refresh.ts'
import { LENGTHS } from '../../domain/registration/limits.ts'
import type { ProcessServices } from '../../services/process/index.ts'
import type { Room } from '../room.ts'
import { failures, json, link, successAnswer } from './answers.ts'
import { oneOf, requiredText } from './fields.ts'
import { onlyMethods } from './methods.ts'
import { OPERATIONS_PATH } from './paths.ts'
import { formatQuery, queryLimit, queryText, queryWhole, refuseQuery } from './query.ts'
import { refuseBody } from './validation.ts'

const DEFAULT_LIMIT = 100
const MAX_KEYS = 10_000
const KEY_LENGTH = 1000

const order = z
  .strictObject({
    service: requiredText(LENGTHS.service),
    action: z.enum(REFRESH_ACTIONS, `must be one of ${REFRESH_ACTIONS.join(', ')}`).openapi({
      description: 'ENABLE loads first; DISABLE keeps what is loaded; REFRESH makes records anew',
    }),
    refreshType: oneOf(REFRESH_TYPES).openapi({
      description:
        'REBUILD compares every record; TRUNCATE_AND_LOAD replaces every record by a new one. Deletes are published by both.',
    }),
    republish: oneOf(REPUBLISH).openapi({
      description: 'NONE: silent; CHANGED: what differs (as REBUILD does by default); ALL: every record',
    }),
    keys: z
      .array(requiredText(KEY_LENGTH), 'must be a list of keys')
      .min(1, 'must not be empty')
      .max(MAX_KEYS, `must be at most ${MAX_KEYS} keys`)
      .nullish()
      .openapi({ description: 'only these, parts joined by commas as in offsetkeys' }),
  })
  .openapi('ManageRefresh')

const manage = createRoute({
  method: 'post',
  path: `${OPERATIONS_PATH}/refresh/manage`,
  summary: 'Files a request to enable, disable or refresh a service; a background job carries it out.',
  request: { body: { required: true, content: { 'application/json': { schema: order } } } },
  responses: {
    200: json('Filed', successAnswer.extend({ requestId: z.int() }).openapi('RefreshFiled')),
    ...failures,
  },
})

const query = z.strictObject({
  service: queryText(LENGTHS.service).optional(),
  requestId: queryWhole(1, 999_999_999).optional(),
  limit: queryLimit('requests', DEFAULT_LIMIT),
  offsetkey: queryWhole(1, 999_999_999).optional(),
})

const moment = z.iso.datetime().nullable()

const request = z
  .object({
    requestId: z.int(),
    service: z.string(),
    action: z.enum(REFRESH_ACTIONS),
    refreshType: z.enum(REFRESH_TYPES).nullable(),
    republish: z.enum(REPUBLISH),
    keys: z.array(z.string()).nullable(),
    status: z.enum(['PENDING', 'RUNNING', 'DONE', 'FAILED']),
    phase: z.enum(['LOAD', 'RECORDS', 'VANISHED', 'KEYS']).nullable(),
    seen: z.int().openapi({ description: 'keys looked at so far' }),
    changed: z.int().openapi({ description: 'records written so far' }),
    total: z.int().nullable().openapi({ description: 'about so many keys to look at' }),
    error: z.string().nullable(),
    requestedAt: moment,
    startedAt: moment,
    finishedAt: moment,
  })
  .openapi('RefreshRequest')

const list = createRoute({
  method: 'get',
  path: `${OPERATIONS_PATH}/refresh`,
  summary: 'Refresh requests with their progress, the latest first.',
  request: { query },
  responses: {
    200: json(
      'A page',
      z
        .object({
          items: z.array(request),
          hasMore: z.boolean(),
          limit: z.int(),
          count: z.int(),
          links: z.array(link),
        })
        .openapi('RefreshRequests'),
    ),
    ...failures,
  },
})

/** `POST …/refresh/manage` and `GET …/refresh` (ours; merchandising facts, "How the published tables are filled"). */
export const addRefresh: Room<ProcessServices> = (api, services) => {
  api.openapi(
    manage,
    async (c) => {
      const { refreshType = null, republish = null, keys = null, ...rest } = c.req.valid('json')
      const requestId = await services.fileRefresh({ ...rest, refreshType, republish, keys })
      return c.json({ status: 'SUCCESS' as const, message: 'Create record was successful', requestId }, 200)
    },
    refuseBody('manage'),
  )
  onlyMethods(api, manage.path, ['POST'])
  api.openapi(
    list,
    async (c) => {
      const { service, requestId, limit: limitText, offsetkey } = c.req.valid('query')
      const limit = Number(limitText ?? DEFAULT_LIMIT)
      const { items, next } = await services.listRefreshes({
        ...{ service: service ?? null, limit },
        requestId: requestId === undefined ? null : Number(requestId),
        before: offsetkey === undefined ? null : Number(offsetkey),
      })
      const href = (key: string | undefined) =>
        `${services.publicUrl()}${list.path}?${formatQuery({ limit: String(limit), service, requestId, offsetkey: key })}`
      const links = [{ href: href(offsetkey), rel: 'self' as const }]
      const more = next === null ? [] : [{ href: href(String(next)), rel: 'next' as const }]
      const page = { items: items.map(toItem), hasMore: next !== null, limit, count: items.length }
      return c.json({ ...page, links: [...links, ...more] }, 200)
    },
    refuseQuery,
  )
  onlyMethods(api, list.path, ['GET', 'HEAD'])
}

function toItem(filed: RefreshRequest) {
  const { requestId, service, action, refreshType, republish, keys, status, phase } = filed
  const { seen, changed, total, error, requestedAt, startedAt, finishedAt } = filed
  return {
    ...{ requestId, service, action, refreshType, republish, keys: keys && [...keys], status, phase },
    ...{ seen, changed, total, error },
    requestedAt: shown(requestedAt),
    startedAt: shown(startedAt),
    finishedAt: shown(finishedAt),
  }
}

function shown(instant: Instant | null): string | null {
  return instant && toIsoMillis(instant)
}
