import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { SincewireError } from '../../domain/errors.ts'
import { SERVICES_PATH } from '../../domain/publishLinks.ts'
import type { ListenerRequest } from '../../domain/registration/decideListener.ts'
import { LENGTHS, RANGES } from '../../domain/registration/limits.ts'
import { GENERATE, signingSecretFault } from '../../domain/registration/signingSecret.ts'
import { credentialNameFault, nameFault, queryParameterFault } from '../../domain/registration/text.ts'
import type { PlacedRequest } from '../../services/listener/judge.ts'
import type { RegistrationServices } from '../../services/registration.ts'
import type { ApiEnv, Room } from '../room.ts'
import { failures, foreign, json, successAnswer } from './answers.ts'
import {
  clearableText,
  clearableWord,
  headers,
  moment,
  requiredNumber,
  requiredText,
  text,
  wholeNumber,
  yesNo,
} from './fields.ts'
import { onlyMethods } from './methods.ts'
import { fieldErrors, sentJson } from './validation.ts'

const item = z
  .strictObject({
    service: requiredText(LENGTHS.service),
    listenerName: text(LENGTHS.listenerName, nameFault).openapi({
      description: "the listener's key; the service's name when blank",
    }),
    credentialName: text(LENGTHS.credentialName, credentialNameFault),
    listenerUrl: text(LENGTHS.listenerUrl),
    includePayload: yesNo(),
    intervalSeconds: wholeNumber(RANGES.intervalSeconds),
    pageLimit: wholeNumber(RANGES.pageLimit),
    queryParameter: clearableText(LENGTHS.queryParameter, queryParameterFault).openapi({
      description: 'include and exclude of the publish API; blank spaces clear it',
    }),
    sinceTimestamp: moment().openapi({
      description: 'publishing restarts from here, each time that it is given',
    }),
    enabled: yesNo(),
    heartbeatIntervalHours: wholeNumber(RANGES.heartbeatIntervalHours),
    signingSecret: clearableText(LENGTHS.signingSecret, signingSecretFault).openapi({
      description: 'v1: whsec_…, or GENERATE for a new one; blank spaces end these signatures; never shown',
    }),
    signingKey: clearableWord(GENERATE).openapi({
      description:
        'v1a: GENERATE for a new ed25519 key pair, whose public key is answered and listed; blank spaces end it',
    }),
    signingOverlapHours: wholeNumber(RANGES.signingOverlapHours).openapi({
      description:
        'how long a key that is replaced goes on signing beside the new one (outgoing.signatureOverlapHours when blank); alone: the new end of an overlap under way, 0 ends it',
    }),
    headers: headers().openapi({
      description:
        'headers of its own, all of them ({} clears them): reserved names are refused, values never shown',
      example: { 'x-tenant': 'north' },
    }),
    deleteInd: yesNo(),
  })
  .openapi('ManageWebhooksItem')

const { min, max } = RANGES.collectionSize

const manage = z
  .strictObject({
    collectionSize: requiredNumber(RANGES.collectionSize),
    items: z
      .array(item, { error: ({ input }) => (input == null ? 'is required' : 'must be a list') })
      .min(min, `must hold ${min} to ${max} items`)
      .max(max, `must hold ${min} to ${max} items`),
  })
  // Also when an item is wrong, so that one answer tells everything.
  .refine(({ collectionSize, items }) => collectionSize === items.length, {
    path: ['collectionSize'],
    message: 'must be the number of items',
    when: ({ value }) => isCounted(value),
  })
  .openapi('ManageWebhooks')

const answer = successAnswer.extend({
  signingSecrets: z
    .array(z.object({ listenerName: z.string(), signingSecret: z.string() }))
    .optional()
    .openapi({ description: 'secrets made on request (signingSecret: GENERATE), shown this once' }),
  signingKeys: z
    .array(z.object({ listenerName: z.string(), publicKey: z.string() }))
    .optional()
    .openapi({ description: 'public keys (whpk_…) of pairs made on request (signingKey: GENERATE)' }),
})

const route = createRoute({
  method: 'put',
  path: `${SERVICES_PATH}/administration/operations/webhooks/manage`,
  summary: 'Registers, changes and deletes listeners: all items or none. Blank fields stay as they are.',
  request: { body: { required: true, content: { 'application/json': { schema: manage } } } },
  responses: { 200: json('Done', answer), ...failures, ...foreign },
})

/** `PUT …/webhooks/manage` (document 004, "Manage Webhooks"). */
export const addWebhooksManage: Room<RegistrationServices> = (api, services) => {
  api.openapi(
    route,
    async (c) => {
      const items = c.req.valid('json').items.map((request, place) => ({ place, request }))
      const { signingSecrets, signingKeys, ...done } = await services.manageListeners(c.get('caller'), items)
      const counts = Object.entries(done).map(([what, count]) => `${count} ${what}`)
      c.header('cache-control', 'no-store')
      return c.json(
        {
          status: 'SUCCESS' as const,
          message: `Manage webhooks was successful: ${counts.join(', ')}`,
          ...(signingSecrets.length > 0 && { signingSecrets: [...signingSecrets] }),
          ...(signingKeys.length > 0 && { signingKeys: [...signingKeys] }),
        },
        200,
      )
    },
    (result, c) => (result.success ? undefined : refuse(services, result.error.issues, c)),
  )
  onlyMethods(api, route.path, ['PUT'])
}

async function refuse(
  services: RegistrationServices,
  issues: readonly z.core.$ZodIssue[],
  c: Context<ApiEnv>,
): Promise<never> {
  const body = await sentJson(c)
  const fields = fieldErrors(issues, body, 'manage')
  const business = await services.checkListeners(c.get('caller'), wellFormedItems(body))
  throw new SincewireError('invalid', 'Error found in validation of input payload', { fields, business })
}

/** The items that a wrong call does get right, so that what else speaks against them is told in the same answer. */
function wellFormedItems(body: unknown): PlacedRequest[] {
  const items = typeof body === 'object' && body !== null && 'items' in body ? body.items : undefined
  if (!Array.isArray(items) || items.length > max) return []
  return items.flatMap((each: unknown, place) => {
    const parsed = item.safeParse(each)
    return parsed.success ? [{ place, request: parsed.data satisfies ListenerRequest }] : []
  })
}

function isCounted(value: unknown): value is { collectionSize: number; items: unknown[] } {
  if (typeof value !== 'object' || value === null) return false
  const { collectionSize, items } = value as Record<string, unknown>
  return Number.isInteger(collectionSize) && Array.isArray(items)
}
