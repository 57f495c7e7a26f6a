import { SERVICES_PATH } from '../../domain/publishLinks.ts'
import { OPERATIONS_PATH, PRIVATE_PATH } from '../merchandising/paths.ts'
import { PRIVACY_PATH } from '../privacy/path.ts'
import type { ClientRole } from '../../domain/caller.ts'
import type { RoleFor } from './authorize.ts'
import { CLIENTS_PATH } from './path.ts'

/**
 * Who may do what. Each role may do what those before it may: reader, integrator, operator, admin. An operation that
 * is not listed is refused to everybody, the health checks apart, which need nobody.
 */
const roles: Readonly<Record<string, ClientRole>> = {
  // What is published, and what the read services tell.
  [`GET ${SERVICES_PATH}/{service}`]: 'reader', // of its services, where it is limited
  [`GET ${SERVICES_PATH}/{service}/{id}`]: 'reader',
  [`GET ${SERVICES_PATH}/omnichannel/refreshdate`]: 'reader',
  [`GET ${OPERATIONS_PATH}/batchRunStatus`]: 'reader',
  [`GET ${OPERATIONS_PATH}/calendar`]: 'reader',
  [`GET ${OPERATIONS_PATH}/codes`]: 'reader',
  [`POST ${OPERATIONS_PATH}/biPublisherReport/url/get`]: 'reader',
  [`GET ${PRIVATE_PATH}/CodeDetail/codeDetails`]: 'reader',
  [`GET ${PRIVATE_PATH}/Common/FuncSysOps`]: 'reader',
  [`GET ${PRIVATE_PATH}/Common/InvMovSysOps`]: 'reader',
  [`GET ${PRIVATE_PATH}/Common/POSysOps`]: 'reader',
  [`GET ${PRIVATE_PATH}/Common/vDate`]: 'reader',
  [`GET ${PRIVATE_PATH}/EowRunSignal/EowRunSignalDetail`]: 'reader',
  [`GET ${PRIVATE_PATH}/Vdate/vdateDetail`]: 'reader',
  'GET /metrics': 'reader',
  'GET /openapi.json': 'reader',

  // Registrations: an integrator's own, an operator's all.
  [`GET ${OPERATIONS_PATH}/webhooks`]: 'integrator',
  [`PUT ${OPERATIONS_PATH}/webhooks/manage`]: 'integrator',
  [`PUT ${OPERATIONS_PATH}/webhook/credential/manage`]: 'integrator',

  // What steers the whole service, and what people and audited calls would not want everybody to read.
  [`GET ${OPERATIONS_PATH}/processes`]: 'operator',
  [`POST ${PRIVATE_PATH}/processes/update/process_config/execution`]: 'operator',
  [`GET ${OPERATIONS_PATH}/refresh`]: 'operator',
  [`POST ${OPERATIONS_PATH}/refresh/manage`]: 'operator',
  [`GET ${PRIVATE_PATH}/restService/status`]: 'operator',
  [`GET ${OPERATIONS_PATH}/changes`]: 'operator',
  [`GET ${PRIVACY_PATH}/config/access`]: 'operator',
  [`GET ${PRIVACY_PATH}/getPersonalInfo`]: 'operator',
  [`DELETE ${PRIVACY_PATH}/updatePersonalInfo`]: 'operator',

  // Clients.
  [`GET ${CLIENTS_PATH}`]: 'admin',
  [`POST ${CLIENTS_PATH}`]: 'admin',
  [`PATCH ${CLIENTS_PATH}/{name}`]: 'admin',
  [`POST ${CLIENTS_PATH}/{name}/rotate`]: 'admin',
  [`POST ${CLIENTS_PATH}/{name}/revoke`]: 'admin',
}

export const roleFor: RoleFor = (operation) =>
  Object.hasOwn(roles, operation) ? roles[operation] : undefined
