import { randomBytes, randomUUID } from 'node:crypto'
import type { Base } from './base.ts'
import type { BatchGuard } from '../http/batchGuard.ts'
import { addAudit } from '../http/audit.ts'
import { addAuditStatus } from '../http/auditStatus.ts'
import { addChanges } from '../http/changes.ts'
import { addAdministration } from '../http/merchandising/administration/index.ts'
import { addProcessConfig } from '../http/merchandising/process.ts'
import { addProcessStatus } from '../http/merchandising/processStatus.ts'
import { addPublish } from '../http/merchandising/publish.ts'
import { addRefreshDate } from '../http/merchandising/publishRefreshDate.ts'
import { addRefresh } from '../http/merchandising/refresh.ts'
import { addRegistration } from '../http/merchandising/registration.ts'
import { addPrivacy } from '../http/privacy/privateData.ts'
import type { Api } from '../http/room.ts'
import { createFindBlocked } from '../outbound/names.ts'
import { createAdministrationServices } from '../services/administration.ts'
import { createAuditServices } from '../services/audit/index.ts'
import { createChangeServices } from '../services/changes/index.ts'
import { createPrivacyServices } from '../services/privacy/index.ts'
import { createProcessServices } from '../services/process/index.ts'
import { batchStatus } from '../services/batch/status.ts'
import { createPublishServices, createReadPage } from '../services/publish/index.ts'
import { createRegistrationServices } from '../services/registration.ts'

/** The API's rooms with their services. */
export function createRooms(base: Base): readonly ((api: Api) => void)[] {
  const { apiDb: db, vault, config } = base
  const publicUrl = () => base.publicUrl()
  const registration = createRegistrationServices({
    ...{ db, vault, publicUrl },
    random: (size) => randomBytes(size),
    targets: config.targets,
    findBlocked: createFindBlocked({ rules: config.targets, proxied: config.outgoing.proxy !== undefined }),
    signatureOverlapHours: config.outgoing.signatureOverlapHours,
    uuid: randomUUID,
  })
  const readPage = createReadPage({ db, publicUrl, cacheMegabytes: config.engine.pageCacheMegabytes })
  const administration = createAdministrationServices({ db, publicUrl })
  const audit = createAuditServices(db, base.audit)
  const privacy = createPrivacyServices({ db, patientDb: base.engineDb })
  const processes = createProcessServices(db, publicUrl)
  const publish = createPublishServices({ db, readPage, publicUrl })
  return [
    // First: around the services that it audits.
    (api) => addAudit(api, audit),
    (api) => addAuditStatus(api, audit),
    (api) => addChanges(api, createChangeServices(db, publicUrl)),
    (api) => addRegistration(api, registration),
    (api) => addAdministration(api, administration),
    (api) => addPrivacy(api, privacy),
    (api) => addProcessConfig(api, processes),
    (api) => addProcessStatus(api, processes),
    (api) => addRefresh(api, processes),
    (api) => addRefreshDate(api, publish),
    // Last: it takes every path below the services.
    (api) => addPublish(api, publish),
  ]
}

/** Refuses write services while the nightly batch runs. */
export function createBatchGuard({ apiDb, config }: Base): BatchGuard {
  const { refuseWrites, retryAfterSeconds } = config.batch
  return { refuse: refuseWrites, retryAfterSeconds, status: () => batchStatus(apiDb) }
}
