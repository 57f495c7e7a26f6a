import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { isNetwork } from '../../domain/address.ts'
import { clientNameFault, shownClient } from '../../domain/access/client.ts'
import { clientRoles } from '../../domain/caller.ts'
import { invalid } from '../../domain/errors.ts'
import { LENGTHS } from '../../domain/registration/limits.ts'
import type { ClientServices } from '../../services/access/index.ts'
import { failures, json, missing } from '../merchandising/answers.ts'
import { moment, requiredText, wholeNumber } from '../merchandising/fields.ts'
import { noQuery, refuseQuery } from '../merchandising/query.ts'
import { fieldErrors, refuseBody, type Checked } from '../merchandising/validation.ts'
import type { Api, Room } from '../room.ts'
import { clientItem, clientWithKey } from './clientItem.ts'
import { CLIENTS_PATH } from './path.ts'

const role = z.enum(clientRoles, `must be one of ${clientRoles.join(', ')}`)
const services = z
  .array(requiredText(LENGTHS.service), 'must be a list of services')
  .min(1, 'must not be empty: null stands for all')
  .max(1000, 'must hold at most 1000 services')
  .nullable()
const addresses = z
  .array(
    z.string('must be text').refine(isNetwork, 'must be an address or a network such as 10.0.0.0/8'),
    'must be a list of networks',
  )
  .min(1, 'must not be empty: null stands for anywhere')
  .max(1000, 'must hold at most 1000 networks')
  .nullable()
const expiresAt = moment().openapi({ description: 'when the key ends; never when not given' })

const addBody = z
  .strictObject({
    name: requiredText(100, clientNameFault),
    role,
    services: services.optional(),
    addresses: addresses.optional(),
    expiresAt,
  })
  .openapi('AddClient')
const changeBody = z
  .strictObject({ role: role.optional(), services: services.optional(), addresses: addresses.optional() })
  .openapi('ChangeClient')
const rotateBody = z
  .strictObject({
    expiresAt,
    overlapSeconds: wholeNumber({ min: 0, max: 31_536_000 }).openapi({
      description: 'how long the keys so far go on; 0 when not given',
    }),
  })
  .openapi('RotateClient')
const revokeBody = z
  .strictObject({
    keyId: z
      .string('must be text')
      .regex(/^[0-9a-f]{16}$/, 'must be the 16 digits of a key id')
      .optional()
      .openapi({ description: 'only this key' }),
  })
  .openapi('RevokeClient')

const params = z.object({ name: requiredText(100, clientNameFault) })
const body = <T extends z.ZodType>(schema: T) => ({
  required: true as const,
  content: { 'application/json': { schema } },
})

const listRoute = createRoute({
  method: 'get',
  path: CLIENTS_PATH,
  summary: 'All clients with their keys, which are told by their ids.',
  request: { query: noQuery },
  responses: {
    200: json('By name', z.object({ items: z.array(clientItem), count: z.int() })),
    ...failures,
  },
})
const addRoute = createRoute({
  method: 'post',
  path: CLIENTS_PATH,
  summary: 'Adds a client and answers its key, this once.',
  request: { body: body(addBody) },
  responses: { 201: json('Added', clientWithKey), ...failures },
})
const changeRoute = createRoute({
  method: 'patch',
  path: `${CLIENTS_PATH}/{name}`,
  summary: 'Changes what a client may do, from its next call on. What is not given stays.',
  request: { params, body: body(changeBody) },
  responses: { 200: json('The client', clientItem), ...failures, ...missing },
})
const rotateRoute = createRoute({
  method: 'post',
  path: `${CLIENTS_PATH}/{name}/rotate`,
  summary: 'Gives a client a new key, this once; those so far end, at once or after an overlap.',
  request: { params, body: body(rotateBody) },
  responses: { 200: json('The client with its new key', clientWithKey), ...failures, ...missing },
})
const revokeRoute = createRoute({
  method: 'post',
  path: `${CLIENTS_PATH}/{name}/revoke`,
  summary: 'Ends a client with all its keys, or one key, from the next call on.',
  request: { params, body: body(revokeBody) },
  responses: { 200: json('The client', clientItem), ...failures, ...missing },
})

/** Clients and their keys, for administrators: what `sincewire client` does, over REST. */
export const addClients: Room<ClientServices> = (api, services) => {
  api.openapi(
    listRoute,
    async (c) => {
      const items = (await services.listClients()).map(shownClient)
      return c.json({ items, count: items.length }, 200)
    },
    refuseQuery,
  )
  api.openapi(
    addRoute,
    async (c) => {
      const { services: limited = null, addresses = null, expiresAt = null, ...given } = c.req.valid('json')
      const { client, key } = await services.addClient({ ...given, services: limited, addresses, expiresAt })
      return c.json({ client: shownClient(client), key }, 201, NO_STORE)
    },
    refuseBody(''),
  )
  addOfOne(api, services)
}

function addOfOne(api: Api, services: ClientServices): void {
  api.openapi(
    changeRoute,
    async (c) => {
      const given = Object.entries(c.req.valid('json')).filter(([, value]) => value !== undefined)
      const client = await services.changeClient(c.req.valid('param').name, Object.fromEntries(given))
      return c.json(shownClient(client), 200)
    },
    refuse,
  )
  api.openapi(
    rotateRoute,
    async (c) => {
      const { expiresAt = null, overlapSeconds = 0 } = c.req.valid('json')
      const rotation = { expiresAt, overlapSeconds }
      const { client, key } = await services.rotateKey(c.req.valid('param').name, rotation)
      return c.json({ client: shownClient(client), key }, 200, NO_STORE)
    },
    refuse,
  )
  api.openapi(
    revokeRoute,
    async (c) => {
      const { name } = c.req.valid('param')
      return c.json(shownClient(await services.revokeClient(name, c.req.valid('json').keyId)), 200)
    },
    refuse,
  )
}

/** What is wrong with the name in the path, or else with the body: which may be no JSON, and is not looked at before. */
function refuse(result: Checked & { readonly target?: string }, c: Context) {
  if (result.success || result.target !== 'param') return refuseBody('')(result, c)
  throw invalid(fieldErrors(result.error.issues, c.req.param(), ''))
}

const NO_STORE = { 'cache-control': 'no-store' }
