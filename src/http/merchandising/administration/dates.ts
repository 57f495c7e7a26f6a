import { createRoute, z } from '@hono/zod-openapi'
import { displayDay, epochMillis } from '../../../domain/day.ts'
import { isEndOfWeek } from '../../../domain/virtualDate.ts'
import type { AdministrationServices } from '../../../services/administration.ts'
import type { Room } from '../../room.ts'
import { failures, json, missing } from '../answers.ts'
import { legacy, legacyAnswer } from '../legacy.ts'
import { PRIVATE_PATH } from '../paths.ts'
import { noQuery, refuseQuery } from '../query.ts'

const vDatePath = `${PRIVATE_PATH}/Common/vDate`

const eowRoute = createRoute({
  method: 'get',
  path: `${PRIVATE_PATH}/EowRunSignal/EowRunSignalDetail`,
  summary: 'Whether the virtual business date is the last day of its week.',
  request: { query: noQuery },
  responses: {
    200: json('Y or N', legacyAnswer({ eow: z.enum(['Y', 'N']) }).openapi('EowRunSignal')),
    ...failures,
    ...missing,
  },
})

const vdateDetailRoute = createRoute({
  method: 'get',
  path: `${PRIVATE_PATH}/Vdate/vdateDetail`,
  deprecated: true,
  summary: 'The virtual business date. Deprecated in v23.1.401.0 of the document: use Common/vDate.',
  request: { query: noQuery },
  responses: {
    200: {
      ...json('A list of one', z.array(legacyAnswer({ vdate: z.iso.date() }).openapi('VdateDetail'))),
      headers: z.object({
        deprecation: z.string().openapi({ description: 'since when, as RFC 9745 writes it' }),
        link: z.string().openapi({ description: 'the successor' }),
      }),
    },
    ...failures,
    ...missing,
  },
})

const vDateRoute = createRoute({
  method: 'get',
  path: vDatePath,
  summary: 'The virtual business date, for programs and for people.',
  request: { query: noQuery },
  responses: {
    200: json(
      'The date',
      legacyAnswer({
        vdateDisplay: z.string().openapi({ example: '01-Jul-2019' }),
        vdate: z.int().openapi({ description: "milliseconds since 1970 to the day's midnight in UTC" }),
      }).openapi('VDate'),
    ),
    ...failures,
    ...missing,
  },
})

/** 2026-11-20, when this API first had the service: it was deprecated from the start (RFC 9745 asks for a date). */
const DEPRECATED_SINCE = '@1795132800'

/**
 * The virtual date's services (document 004, "Get POM End of Week Signal Detail", "Get Current Virtual Date in Date
 * Format" and "… in Long and Date Format"). The document does not show the date of vdateDetail: YYYY-MM-DD, as
 * everywhere in it.
 */
export const addDates: Room<Pick<AdministrationServices, 'virtualDate' | 'publicUrl'>> = (api, services) => {
  api.openapi(
    eowRoute,
    async (c) => {
      const eow: 'Y' | 'N' = isEndOfWeek(await services.virtualDate()) ? 'Y' : 'N'
      return c.json(legacy({ eow }), 200)
    },
    refuseQuery,
  )
  api.openapi(
    vdateDetailRoute,
    async (c) => {
      c.header('deprecation', DEPRECATED_SINCE)
      c.header('link', `<${services.publicUrl()}${vDatePath}>; rel="successor-version"`)
      const { vdate } = await services.virtualDate()
      return c.json([legacy({ vdate })], 200)
    },
    refuseQuery,
  )
  api.openapi(
    vDateRoute,
    async (c) => {
      const { vdate } = await services.virtualDate()
      return c.json(legacy({ vdateDisplay: displayDay(vdate), vdate: epochMillis(vdate) }), 200)
    },
    refuseQuery,
  )
}
