import { createRoute, z } from '@hono/zod-openapi'
import { CREDENTIAL_TYPES } from '../../domain/credential.ts'
import { SERVICES_PATH } from '../../domain/publishLinks.ts'
import { keyHeaderFault } from '../../domain/header.ts'
import { LENGTHS, RANGES } from '../../domain/registration/limits.ts'
import { credentialNameFault, headerValueFault, usernameFault } from '../../domain/registration/text.ts'
import type { RegistrationServices } from '../../services/registration.ts'
import type { Room } from '../room.ts'
import { failures, foreign, json, successAnswer } from './answers.ts'
import {
  clearablePemText,
  clearableText,
  oneOf,
  pemText,
  requiredText,
  text,
  wholeNumber,
  yesNo,
} from './fields.ts'
import { onlyMethods } from './methods.ts'
import { refuseBody, withBean } from './validation.ts'

const credential = z
  .strictObject({
    credentialName: requiredText(LENGTHS.credentialName, credentialNameFault),
    credentialType: oneOf(CREDENTIAL_TYPES),
    username: text(LENGTHS.username, usernameFault),
    password: text(LENGTHS.password),
    apikey: text(LENGTHS.apikey, headerValueFault),
    apikeyHeader: clearableText(LENGTHS.apikeyHeader, keyHeaderFault).openapi({
      description:
        'the header that carries apikey, e.g. Authorization; x-api-key when cleared by blank spaces',
    }),
    apikeyPrefix: clearableText(LENGTHS.apikeyPrefix, headerValueFault).openapi({
      description: 'stands before apikey with a blank between, e.g. API_KEY; blank spaces clear it',
    }),
    oauthClientId: text(LENGTHS.oauthClientId),
    oauthClientSecret: text(LENGTHS.oauthClientSecret),
    oauthTokenUrl: text(LENGTHS.oauthTokenUrl),
    oauthScope: clearableText(LENGTHS.oauthScope),
    clientCertificate: clearablePemText(LENGTHS.clientCertificate).openapi({
      description:
        'shown by connections (mTLS), also to the token endpoint: PEM, our own first; blank spaces clear it and its key',
    }),
    clientPrivateKey: pemText(LENGTHS.clientPrivateKey).openapi({ description: 'PEM; never shown' }),
    clientPrivateKeyPassphrase: text(LENGTHS.clientPrivateKeyPassphrase).openapi({
      description: 'opens clientPrivateKey now; not kept',
    }),
    caCertificate: clearablePemText(LENGTHS.caCertificate).openapi({
      description: 'authorities trusted beside the usual ones: PEM; blank spaces clear them',
    }),
    heartbeatIntervalHours: wholeNumber(RANGES.heartbeatIntervalHours),
    deleteInd: yesNo(),
  })
  .openapi('ManageWebhookCredential')

const route = createRoute({
  method: 'put',
  path: `${SERVICES_PATH}/administration/operations/webhook/credential/manage`,
  summary:
    'Registers, changes or deletes a credential. Blank fields stay as they are; secrets are never shown.',
  request: { body: { required: true, content: { 'application/json': { schema: credential } } } },
  responses: { 200: json('Done', successAnswer), ...failures, ...foreign },
})

const messages = {
  created: 'Create record was successful',
  updated: 'Update record was successful',
  deleted: 'Delete record was successful',
} as const

/** `PUT …/webhook/credential/manage` (document 004, "Manage Webhook Credential"). */
export const addCredentials: Room<Pick<RegistrationServices, 'manageCredential'>> = (api, services) => {
  api.openapi(
    route,
    async (c) => {
      const done = await withBean('manage', services.manageCredential(c.get('caller'), c.req.valid('json')))
      return c.json({ status: 'SUCCESS' as const, message: messages[done] }, 200)
    },
    refuseBody('manage'),
  )
  onlyMethods(api, route.path, ['PUT'])
}
