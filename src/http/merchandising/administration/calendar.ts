import { createRoute, z } from '@hono/zod-openapi'
import type { AdministrationServices } from '../../../services/administration.ts'
import type { Room } from '../../room.ts'
import { failures, json } from '../answers.ts'
import { onlyMethods } from '../methods.ts'
import { OPERATIONS_PATH } from '../paths.ts'
import { queryWhole, refuseQuery } from '../query.ts'

const month = z
  .object({
    year: z.int(),
    month: z.int().min(1).max(12),
    noOfWeeks: z.int().min(4).max(5),
    firstDay: z.iso.date(),
  })
  .openapi('CalendarMonth')

const route = createRoute({
  method: 'get',
  path: `${OPERATIONS_PATH}/calendar`,
  summary: 'The months of the 4-5-4 calendar, in order: those of a year, or all.',
  request: {
    query: z.strictObject({
      year: queryWhole(1, 9999).optional().openapi({ description: 'the 4-5-4 year' }),
    }),
  },
  responses: { 200: json('The months', z.array(month)), ...failures },
})

/**
 * `GET …/calendar` (document 004, "Get 4-5-4 Calendar"). Year and month are numbers, as in the sample; the list of
 * fields calls them strings.
 */
export const addCalendar: Room<Pick<AdministrationServices, 'listCalendar'>> = (api, services) => {
  api.openapi(
    route,
    async (c) => {
      const { year } = c.req.valid('query')
      const months = await services.listCalendar(year === undefined ? null : Number(year))
      return c.json(
        months.map(({ year, month, weeks, firstDay }) => ({ year, month, noOfWeeks: weeks, firstDay })),
        200,
      )
    },
    refuseQuery,
  )
  onlyMethods(api, route.path, ['GET', 'HEAD'])
}
