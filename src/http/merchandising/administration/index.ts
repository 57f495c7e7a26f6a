import type { AdministrationServices } from '../../../services/administration.ts'
import type { Room } from '../../room.ts'
import { addBatchRunStatus } from './batchRunStatus.ts'
import { addCalendar } from './calendar.ts'
import { addCodeDetails } from './codeDetails.ts'
import { addCodes } from './codes.ts'
import { addDates } from './dates.ts'
import { addReportUrl } from './reportUrl.ts'
import { addSystemOptions } from './systemOptions.ts'

/** The services of document 004 that read the administration tables. Add it before the publish API. */
export const addAdministration: Room<AdministrationServices> = (api, services) => {
  addBatchRunStatus(api, services)
  addCalendar(api, services)
  addCodes(api, services)
  addCodeDetails(api, services)
  addDates(api, services)
  addSystemOptions(api, services)
  addReportUrl(api, services)
}
