import { createRoute, z } from '@hono/zod-openapi'
import type { AdministrationServices } from '../../../services/administration.ts'
import type { Room } from '../../room.ts'
import { failures, json, missing } from '../answers.ts'
import { legacy, legacyAnswer } from '../legacy.ts'
import { PRIVATE_PATH } from '../paths.ts'
import { queryText, refuseQuery } from '../query.ts'

const route = createRoute({
  method: 'get',
  path: `${PRIVATE_PATH}/CodeDetail/codeDetails`,
  summary: 'One code of a code type.',
  request: { query: z.strictObject({ code: queryText(30), codeType: queryText(30) }) },
  responses: {
    200: json(
      'The code',
      legacyAnswer({
        codeDesc: z.string(),
        requiredInd: z.enum(['Y', 'N']),
        codeSeq: z.int(),
        codeType: z.string(),
        codeTypeDesc: z.string(),
        code: z.string(),
      }).openapi('CodeDetail'),
    ),
    ...failures,
    ...missing,
  },
})

/** `GET CodeDetail/codeDetails?code=&codeType=` (document 004, "Get Codes and Descriptions"). */
export const addCodeDetails: Room<Pick<AdministrationServices, 'findCode'>> = (api, services) => {
  api.openapi(
    route,
    async (c) => {
      const { codeType, code } = c.req.valid('query')
      return c.json(legacy(await services.findCode(codeType, code)), 200)
    },
    refuseQuery,
  )
}
