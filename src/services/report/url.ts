import type { Db } from '../../db/pool.ts'
import { findReportReference } from '../../db/report.ts'
import { refused } from '../../domain/errors.ts'
import { buildReportUrl, REPORTS, type ReportName } from '../../domain/report.ts'

/** The URL of the report that a reference trace id leads to. Throws `refused` with one sentence. */
export async function reportUrl(db: Db, reportReferenceKey: string): Promise<string> {
  const reference = await findReportReference(db, reportReferenceKey)
  if (!reference) throw refused([`No report is known for the reference key ${reportReferenceKey}`])
  const { report, urlTemplate, parameters } = reference
  const title = Object.hasOwn(REPORTS, report) ? REPORTS[report as ReportName].title : report
  if (urlTemplate === null) throw refused([`The URL of the ${title} is not set`])
  const built = buildReportUrl(urlTemplate, reportReferenceKey, parameters)
  if ('fault' in built) throw refused([`The URL template of the ${title} ${built.fault}`])
  return built.url
}
