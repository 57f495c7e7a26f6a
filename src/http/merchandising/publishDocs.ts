import { z } from '@hono/zod-openapi'
import { SERVICES_PATH } from '../../domain/publishLinks.ts'
import type { Api } from '../room.ts'
import { failures, json, missing } from './answers.ts'

const moment = z.iso.datetime()
const paths = z.string().openapi({ example: 'items.item,items.address.city' })

// All may be left out by include and exclude.
const record = z
  .looseObject({
    action: z.enum(['INSERT', 'UPDATE', 'DELETE', 'UPSERT']).nullable().optional(),
    cacheTimestamp: moment.optional().openapi({ description: 'last change of the published record' }),
    cacheCreateTimestamp: moment.optional().openapi({ description: 'first published' }),
  })
  .openapi('PublishedRecord')

const page = z
  .object({
    items: z.array(record),
    hasMore: z.boolean(),
    limit: z.int(),
    count: z.int(),
    links: z.array(z.object({ href: z.string(), rel: z.enum(['self', 'next']) })),
  })
  .openapi('PublishedPage')

const shape = {
  include: paths.optional().openapi({ description: 'only these members of the records' }),
  exclude: paths.optional().openapi({ description: 'without these members; wins over include' }),
}

const collection = z.object({
  since: moment.optional().openapi({ description: 'changed after; 1970 when not given: a full download' }),
  before: moment.optional().openapi({ description: 'changed at or before; now when not given' }),
  offsetkey: z.string().optional().openapi({ description: 'from the link to the next page' }),
  limit: z
    .string()
    .optional()
    .openapi({ description: 'records on a page, 1 to 999999, 1000 when not given' }),
  ...shape,
  optimalBefore: z.enum(['Y', 'N']).optional().openapi({
    description: 'Y: ends the window at about 10,000 records; its before is in the links',
  }),
})

/** Writes the publish API into the OpenAPI document: its services are data, so it has one path for all of them. */
export function describePublish(api: Api): void {
  const service = z
    .string()
    .openapi({ description: 'the name of a service, slashes as they are', example: 'foundation/item' })
  const registry = api.openAPIRegistry
  registry.registerPath({
    method: 'get',
    path: `${SERVICES_PATH}/{service}`,
    summary:
      'A page of the records of a service that changed in a window; a service may have filters besides.',
    request: { params: z.object({ service }), query: collection },
    responses: { 200: json('One record for each key, in its current state', page), ...failures, ...missing },
  })
  registry.registerPath({
    method: 'get',
    path: `${SERVICES_PATH}/{service}/{id}`,
    summary: 'One record by its natural key, its action null; 404 when absent or deleted.',
    request: { params: z.object({ service, id: z.string() }), query: z.object(shape) },
    responses: { 200: json('The record', record), ...failures, ...missing },
  })
}
