import { randomBytes, randomUUID } from 'node:crypto'
import type { Base } from '../app.ts'
import { addPublish } from '../http/merchandising/publish.ts'
import { addRefreshDate } from '../http/merchandising/publishRefreshDate.ts'
import { addRegistration } from '../http/merchandising/registration.ts'
import type { Api } from '../http/room.ts'
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
    uuid: randomUUID,
  })
  const readPage = createReadPage({ db, publicUrl, cacheMegabytes: config.engine.pageCacheMegabytes })
  const publish = createPublishServices({ db, readPage, publicUrl })
  return [
    (api) => addRegistration(api, registration),
    (api) => addRefreshDate(api, publish),
    // Last: it takes every path below the services.
    (api) => addPublish(api, publish),
  ]
}
