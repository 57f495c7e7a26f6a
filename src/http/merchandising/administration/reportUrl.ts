import { createRoute, z } from '@hono/zod-openapi'
import { REPORT_LENGTHS } from '../../../domain/report.ts'
import type { AdministrationServices } from '../../../services/administration.ts'
import type { Room } from '../../room.ts'
import { json, sentenceErrorAnswer } from '../answers.ts'
import { requiredText } from '../fields.ts'
import { onlyMethods } from '../methods.ts'
import { OPERATIONS_PATH } from '../paths.ts'
import { refuseBody } from '../validation.ts'

const route = createRoute({
  method: 'post',
  path: `${OPERATIONS_PATH}/biPublisherReport/url/get`,
  summary: 'The URL of the report that a reference trace id of the general ledger leads to.',
  request: {
    body: {
      required: true,
      content: {
        'application/json': {
          schema: z
            .strictObject({ reportReferenceKey: requiredText(REPORT_LENGTHS.reportReferenceKey) })
            .openapi('GetReportUrl'),
        },
      },
    },
  },
  responses: {
    200: json(
      'The URL',
      z
        .object({
          reportReferenceKey: z.string().max(REPORT_LENGTHS.reportReferenceKey),
          reportUrl: z.string().max(REPORT_LENGTHS.reportUrl),
        })
        .openapi('ReportUrl'),
    ),
    400: json('Something in the input is wrong, or no report is known for the key', sentenceErrorAnswer),
  },
})

/** `POST …/biPublisherReport/url/get` (document 004, "Get BI Publisher Report URL"). */
export const addReportUrl: Room<Pick<AdministrationServices, 'reportUrl'>> = (api, services) => {
  api.openapi(
    route,
    async (c) => {
      const { reportReferenceKey } = c.req.valid('json')
      return c.json({ reportReferenceKey, reportUrl: await services.reportUrl(reportReferenceKey) }, 200)
    },
    refuseBody('get'),
  )
  onlyMethods(api, route.path, ['POST'])
}
