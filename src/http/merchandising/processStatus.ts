import { createRoute, z } from '@hono/zod-openapi'
import { toIsoMillis, type Instant } from '../../domain/instant.ts'
import type { ProcessServices, ProcessStatus } from '../../services/process/index.ts'
import type { Room } from '../room.ts'
import { failures, json } from './answers.ts'
import { onlyMethods } from './methods.ts'
import { OPERATIONS_PATH } from './paths.ts'
import { noQuery, refuseQuery } from './query.ts'

const moment = z.iso.datetime().nullable()

const job = z
  .object({
    JobName: z.string().openapi({ example: 'delta/procurement/order' }),
    service: z.string().nullable(),
    numThreads: z.int(),
    numDataToProcess: z.int(),
    commitMaxCtr: z.int(),
    archiveInd: z.enum(['Y', 'N']),
    lastError: z.string().nullable().openapi({ description: 'null: the last run went well' }),
    lastErrorAt: moment,
    delta: z
      .object({
        waiting: z.int().openapi({ description: 'rows of the change log, counted up to a million' }),
        oldest: moment.openapi({ description: 'when the oldest of them was filed' }),
        failing: z.int().openapi({ description: 'keys whose document could not be made' }),
        failures: z
          .array(
            z.object({
              key: z.string(),
              tries: z.int(),
              error: z.string(),
              failedAt: moment,
              retryAt: moment.openapi({ description: 'null: set aside' }),
            }),
          )
          .openapi({ description: 'the latest hundred' }),
      })
      .nullable()
      .openapi({ description: 'for the delta process of a service whose capture is deferred' }),
  })
  .openapi('BackgroundJob')

const route = createRoute({
  method: 'get',
  path: `${OPERATIONS_PATH}/processes`,
  summary: 'The background jobs: what steers them, how far behind they are, what could not be done.',
  request: { query: noQuery },
  responses: {
    200: json(
      'The jobs by name',
      z.object({ items: z.array(job), count: z.int() }).openapi('BackgroundJobs'),
    ),
    ...failures,
  },
})

/** `GET …/operations/processes` (ours). */
export const addProcessStatus: Room<Pick<ProcessServices, 'listProcesses'>> = (api, services) => {
  api.openapi(
    route,
    async (c) => {
      const items = (await services.listProcesses()).map(toJob)
      return c.json({ items, count: items.length }, 200)
    },
    refuseQuery,
  )
  onlyMethods(api, route.path, ['GET', 'HEAD'])
}

function toJob({ jobName, archive, delta, lastErrorAt, ...rest }: ProcessStatus) {
  return {
    JobName: jobName,
    ...rest,
    archiveInd: archive ? ('Y' as const) : ('N' as const),
    lastErrorAt: shown(lastErrorAt),
    delta: delta && {
      ...delta,
      oldest: shown(delta.oldest),
      failures: delta.failures.map(({ failedAt, retryAt, ...failure }) => ({
        ...failure,
        failedAt: shown(failedAt),
        retryAt: shown(retryAt),
      })),
    },
  }
}

function shown(instant: Instant | null): string | null {
  return instant && toIsoMillis(instant)
}
