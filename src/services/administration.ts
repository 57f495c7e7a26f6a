import type { Db } from '../db/pool.ts'
import type { BatchStatus } from '../domain/batch.ts'
import type { CalendarMonth } from '../domain/calendar.ts'
import type { OptionTable } from '../domain/options/index.ts'
import type { VirtualDate } from '../domain/virtualDate.ts'
import { batchStatus } from './batch/status.ts'
import { listCalendar } from './calendar/list.ts'
import { findCode, type CodeDetail } from './code/find.ts'
import { listCodes, type CodePage, type CodeTypeQuery } from './code/list.ts'
import { getOptions, type OptionValues } from './options/get.ts'
import { reportUrl } from './report/url.ts'
import { virtualDate } from './vdate/show.ts'

/** The verbs of the administration API that read, as a front door gets them. */
export interface AdministrationServices {
  /** Where callers reach us, no slash at its end. Known once we listen. */
  readonly publicUrl: () => string
  batchStatus(): Promise<BatchStatus>
  listCalendar(year: number | null): Promise<readonly CalendarMonth[]>
  listCodes(query: CodeTypeQuery): Promise<CodePage>
  findCode(codeType: string, code: string): Promise<CodeDetail>
  virtualDate(): Promise<VirtualDate>
  getOptions(table: OptionTable): Promise<OptionValues>
  reportUrl(reportReferenceKey: string): Promise<string>
}

export interface AdministrationParts {
  readonly db: Db
  readonly publicUrl: () => string
}

/** Binds the reading verbs of the administration API. */
export function createAdministrationServices({ db, publicUrl }: AdministrationParts): AdministrationServices {
  return {
    publicUrl,
    batchStatus: () => batchStatus(db),
    listCalendar: (year) => listCalendar(db, year),
    listCodes: (query) => listCodes(db, query),
    findCode: (codeType, code) => findCode(db, codeType, code),
    virtualDate: () => virtualDate(db),
    getOptions: (table) => getOptions(db, table),
    reportUrl: (key) => reportUrl(db, key),
  }
}
