import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { accepts } from 'hono/accepts'
import { invalid } from '../../domain/errors.ts'
import { FIND_PARTS, MASK_PARTS } from '../../domain/privacy/customerId.ts'
import type { PrivacyServices } from '../../services/privacy/index.ts'
import { failures, json } from '../merchandising/answers.ts'
import type { Room } from '../room.ts'
import { accessAnswer, foundAnswer, toFoundAnswer, toPeople } from './answers.ts'
import { peoplePage } from './page.ts'
import { PRIVACY_PATH } from './path.ts'

const ONCE = 'must be given once'

function customerId(parts: readonly string[]) {
  return z.strictObject({
    customer_id: z
      .string({ error: ({ input }) => (input === undefined ? 'is required' : ONCE) })
      .openapi({ description: `${parts.map((part) => `{${part}}`).join('::')}; an empty part is not given` }),
  })
}

const findRoute = createRoute({
  method: 'get',
  path: `${PRIVACY_PATH}/getPersonalInfo`,
  summary: 'Personal data that matches every given part; an HTML page when application/xml is accepted.',
  request: { query: customerId(FIND_PARTS) },
  responses: {
    200: {
      description: 'Everybody found; an empty list for nobody',
      content: { 'application/json': { schema: foundAnswer }, 'text/html': { schema: z.string() } },
    },
    ...failures,
  },
})

const maskRoute = createRoute({
  method: 'delete',
  path: `${PRIVACY_PATH}/updatePersonalInfo`,
  summary:
    "Overwrites an entity's personal data; a part that is not given becomes null, or XXXXX where required.",
  request: { query: customerId(MASK_PARTS) },
  responses: { 200: { description: 'Done; no body' }, ...failures },
})

const accessRoute = createRoute({
  method: 'get',
  path: `${PRIVACY_PATH}/config/access`,
  summary: 'The entities whose personal data can be asked for, with their types.',
  request: { query: z.strictObject({}) },
  responses: { 200: json('The entities', accessAnswer), ...failures },
})

/** Nobody keeps a copy, and a page runs nothing. */
const headers = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
  'x-content-type-options': 'nosniff',
}

/** The Data Privacy API (document 004). Its values are somebody's: no error, log line or audit row shows one. */
export const addPrivacy: Room<PrivacyServices> = (api, services) => {
  api.openapi(
    findRoute,
    async (c) => {
      const people = toPeople(await services.find(c.req.valid('query').customer_id))
      const page = wantsPage(c)
      return page ? c.html(peoplePage(people), 200, headers) : c.json(toFoundAnswer(people), 200, headers)
    },
    (result) => (result.success ? undefined : refuse(result.error.issues)),
  )
  api.openapi(
    maskRoute,
    async (c) => {
      await services.mask(c.req.valid('query').customer_id)
      return c.body(null, 200, { 'cache-control': 'no-store' })
    },
    (result) => (result.success ? undefined : refuse(result.error.issues)),
  )
  api.openapi(
    accessRoute,
    async (c) => {
      const items = await services.listAccess()
      return c.json({ items: items.map((item) => ({ ...item, entityTypes: [...item.entityTypes] })) }, 200)
    },
    (result) => (result.success ? undefined : refuse(result.error.issues)),
  )
}

function wantsPage(c: Context): boolean {
  const supports = ['application/json', 'application/xml']
  return accepts(c, { header: 'Accept', supports, default: 'application/json' }) === 'application/xml'
}

type Issues = readonly z.core.$ZodIssue[]

/** An unknown parameter is not named: it may be the rest of a value whose & was not encoded. */
function refuse(issues: Issues): never {
  throw invalid(
    issues.map((issue) => {
      if (issue.code !== 'unrecognized_keys')
        return { error: issue.message, field: 'customer_id', inputValue: null }
      const error = 'has a parameter that is not known; an & inside a value must be encoded as %26'
      return { error, field: 'query', inputValue: null }
    }),
    'Error found in validation of query parameters',
  )
}
