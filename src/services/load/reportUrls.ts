import { z } from 'zod'
import { saveReportReferences, saveReportUrls } from '../../db/report.ts'
import { REPORT_LENGTHS, REPORT_NAMES, templateFault } from '../../domain/report.ts'
import { oneOfCell, textCell } from './cells.ts'
import { loadKind } from './kind.ts'

/** Where a report is: its short name (domain/report.ts) and the template of its URL. */
export const reportUrls = loadKind({
  record: z.strictObject({
    report: oneOfCell(REPORT_NAMES),
    urlTemplate: textCell(2000).superRefine((template, context) => {
      const fault = templateFault(template)
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
    }),
  }),
  key: ({ report }) => report,
  save: saveReportUrls,
})

const parameters = z.preprocess(
  (value) => {
    if (value == null) return {}
    return typeof value === 'string' ? Object.fromEntries(new URLSearchParams(value)) : value
  },
  z.record(z.string(), z.string(), 'must be like dept=10&class=3, in JSON an object of texts'),
)

/** Which report a reference trace id leads to, with values for the places in its URL template. */
export const reportReferences = loadKind({
  record: z.strictObject({
    referenceTraceId: textCell(REPORT_LENGTHS.reportReferenceKey),
    report: oneOfCell(REPORT_NAMES),
    parameters,
  }),
  key: ({ referenceTraceId }) => referenceTraceId,
  save: saveReportReferences,
})
