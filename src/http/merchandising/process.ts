import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { invalid } from '../../domain/errors.ts'
import { PROCESS_LIMITS, PROCESS_NAME_LENGTH } from '../../domain/process.ts'
import type { ProcessServices } from '../../services/process/index.ts'
import type { Room } from '../room.ts'
import { failures, json, successAnswer } from './answers.ts'
import { text, wholeNumber, yesNo } from './fields.ts'
import { onlyMethods } from './methods.ts'
import { PRIVATE_PATH } from './paths.ts'
import { queryText, queryWhole } from './query.ts'
import { fieldErrors, refuseBody, withBean, type Checked } from './validation.ts'

const BEAN = 'update'
const { numThreads, numDataToProcess, commitMaxCtr } = PROCESS_LIMITS

const body = z
  .strictObject({
    JobName: text(PROCESS_NAME_LENGTH),
    numThreads: wholeNumber({ min: 1, max: numThreads }),
    numDataToProcess: wholeNumber({ min: 1, max: numDataToProcess }),
    commitMaxCtr: wholeNumber({ min: 1, max: commitMaxCtr }),
    archiveInd: yesNo(),
  })
  .openapi('UpdateProcessConfig')

// The document lists "input parameters" and shows no message: they may come either way.
const query = z.strictObject({
  JobName: queryText(PROCESS_NAME_LENGTH).optional(),
  numThreads: queryWhole(1, numThreads).optional(),
  numDataToProcess: queryWhole(1, numDataToProcess).optional(),
  commitMaxCtr: queryWhole(1, commitMaxCtr).optional(),
  archiveInd: z.enum(['Y', 'N'], 'must be one of Y, N').optional(),
})

const route = createRoute({
  method: 'post',
  path: `${PRIVATE_PATH}/processes/update/process_config/execution`,
  summary: 'Changes what steers a background job, from its next run on. What is not given stays as it is.',
  description: 'Each value goes into the body or into the query, JobName too, which must be given.',
  request: { query, body: { required: false, content: { 'application/json': { schema: body } } } },
  responses: { 200: json('Done', successAnswer), ...failures },
})

/** `POST processes/update/process_config/execution` (document 004, "Update Background Job Configuration"). */
export const addProcessConfig: Room<Pick<ProcessServices, 'configure'>> = (api, services) => {
  api.openapi(
    route,
    async (c) => {
      const { JobName, archiveInd, ...rest } = oneOfBoth(await bodyOf(c, () => c.req.valid('json')), {
        ...inNumbers(c.req.valid('query')),
      })
      if (JobName === undefined) throw missing('is required')
      await withBean(BEAN, services.configure(JobName, { ...rest, archive: archiveInd }))
      return c.json({ status: 'SUCCESS' as const, message: 'Update record was successful' }, 200)
    },
    (result: Checked & { readonly target?: string }, c: Context) => {
      if (result.success || result.target !== 'query') return refuseBody(BEAN)(result, c)
      throw invalid(fieldErrors(result.error.issues, c.req.query(), ''))
    },
  )
  onlyMethods(api, route.path, ['POST'])
}

type Given = z.output<typeof body>

function inNumbers({ archiveInd, JobName, ...numbers }: z.output<typeof query>): Given {
  const read = (value: string | undefined) => (value === undefined ? undefined : Number(value))
  return {
    ...(JobName !== undefined && { JobName }),
    numThreads: read(numbers.numThreads),
    numDataToProcess: read(numbers.numDataToProcess),
    commitMaxCtr: read(numbers.commitMaxCtr),
    archiveInd: archiveInd === undefined ? undefined : archiveInd === 'Y',
  }
}

/** A body that may be absent escapes the validator when its content type is not JSON. */
async function bodyOf(c: Context, valid: () => Given): Promise<Given> {
  if ((await c.req.text()) === '') return {}
  if (/^application\/([a-z-.]+\+)?json/i.test(c.req.header('content-type') ?? '')) return valid()
  throw new HTTPException(415, { message: 'The body is not application/json' })
}

function oneOfBoth(sent: Given, asked: Given): Given {
  const merged: { [field: string]: unknown } & Given = { ...sent }
  for (const [field, value] of Object.entries(asked)) {
    if (value === undefined) continue
    if (merged[field] !== undefined) throw invalid([twice(field)])
    merged[field] = value
  }
  return merged
}

function twice(field: string) {
  return { error: 'is given in the body and in the query', field: `${BEAN}.${field}`, inputValue: null }
}

function missing(error: string) {
  return invalid([{ error, field: `${BEAN}.JobName`, inputValue: null }])
}
