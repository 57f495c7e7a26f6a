import { version } from '../version.ts'
import type { Api } from './room.ts'

type Document = ReturnType<Api['getOpenAPI31Document']>
type SchemaObject = NonNullable<NonNullable<Document['components']>['schemas']>[string]
type Operation = NonNullable<NonNullable<Document['paths']>[string]['get']>

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const

const failure: SchemaObject = {
  type: 'object',
  required: ['status', 'message'],
  properties: {
    status: { type: 'string', const: 'ERROR' },
    message: { type: 'string' },
    correlationId: { type: 'string', description: 'ask for it in our log' },
  },
}

/** What any operation may answer besides what its room says of it. */
const always = {
  401: 'The call does not show who makes it, or shows what is not accepted',
  403: 'The client may not do that',
  414: 'The URL is too long',
  429: 'Too many requests or failed attempts; Retry-After says when to come back',
  431: 'The headers are too many or too large',
  500: 'Something of ours failed',
  503: 'Something of ours is away, or the service is refused while a batch runs; Retry-After says when to come back',
}
const withBody = { 413: 'The body is too large', 415: 'The body is not application/json' }

/**
 * GET /openapi.json: every operation of every room, OpenAPI 3.1, made of the schemas that validate. Guarded like the
 * API. Add it after the rooms.
 */
export function addOpenApi(api: Api): void {
  api.openAPIRegistry.registerPath({
    method: 'get',
    path: '/openapi.json',
    summary: 'This document.',
    responses: {
      200: { description: 'OpenAPI 3.1', content: { 'application/json': { schema: { type: 'object' } } } },
    },
  })
  let document: Document | undefined
  api.get('/openapi.json', (c) => c.json((document ??= describe(api))))
}

/** The document, for tests too. */
export function describe(api: Api): Document {
  const document = api.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Sincewire', version, license: { name: 'Apache-2.0' } },
    security: [{ key: [] }, { authorization: [] }, { basic: [] }, { bearer: [] }],
  })
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, Failure: failure },
    securitySchemes: {
      key: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      authorization: {
        type: 'apiKey',
        in: 'header',
        name: 'authorization',
        description: 'API_KEY and the key, with a blank between',
      },
      basic: { type: 'http', scheme: 'basic', description: "a client's name and key" },
      bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
    },
  }
  for (const path of Object.values(document.paths ?? {})) {
    for (const method of METHODS) {
      const operation = path[method]
      if (operation) complete(operation)
    }
  }
  return document
}

function complete(operation: Operation): void {
  if (operation.security?.length === 0) return // open to everybody: says itself all that it answers
  const shared = { ...always, ...(operation.requestBody && withBody) }
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/Failure' } } }
  for (const [status, description] of Object.entries(shared)) {
    operation.responses ??= {}
    operation.responses[status] ??= { description, content }
  }
}
