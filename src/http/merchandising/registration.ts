import type { RegistrationServices } from '../../services/registration.ts'
import type { Room } from '../room.ts'
import { addCredentials } from './credentials.ts'
import { addWebhooks } from './webhooks.ts'
import { addWebhooksManage } from './webhooksManage.ts'

/** The registration API: credentials and listeners. Add it before the publish API. */
export const addRegistration: Room<RegistrationServices> = (api, services) => {
  addCredentials(api, services)
  addWebhooksManage(api, services)
  addWebhooks(api, services)
}
