import { createRoute, z } from '@hono/zod-openapi'
import type { AdministrationServices } from '../../../services/administration.ts'
import type { Room } from '../../room.ts'
import { failures, json } from '../answers.ts'
import { onlyMethods } from '../methods.ts'
import { OPERATIONS_PATH } from '../paths.ts'
import { noQuery, refuseQuery } from '../query.ts'

const indicator = z.enum(['Y', 'N'])

const route = createRoute({
  method: 'get',
  path: `${OPERATIONS_PATH}/batchRunStatus`,
  summary: 'Whether the nightly batch runs, which parts of it, and whether it is about to start.',
  request: { query: noQuery },
  responses: {
    200: json(
      'The indicators',
      z
        .object({
          batchRunningInd: indicator,
          inventoryBatchRunningInd: indicator,
          costingBatchRunningInd: indicator,
          batchStartWarningInd: indicator.openapi({ description: 'a batch is about to start' }),
        })
        .openapi('BatchRunStatus'),
    ),
    ...failures,
  },
})

/** `GET …/batchRunStatus` (document 004, "Get Batch Run Status Services"; the warning from the newer contract). */
export const addBatchRunStatus: Room<Pick<AdministrationServices, 'batchStatus'>> = (api, services) => {
  api.openapi(
    route,
    async (c) => {
      const status = await services.batchStatus()
      const answer = {
        batchRunningInd: yn(status.running),
        inventoryBatchRunningInd: yn(status.inventoryRunning),
        costingBatchRunningInd: yn(status.costingRunning),
        batchStartWarningInd: yn(status.startWarning),
      }
      return c.json(answer, 200)
    },
    refuseQuery,
  )
  onlyMethods(api, route.path, ['GET', 'HEAD'])
}

function yn(value: boolean): 'Y' | 'N' {
  return value ? 'Y' : 'N'
}
