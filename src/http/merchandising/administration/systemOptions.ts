import { createRoute, z } from '@hono/zod-openapi'
import {
  OPTION_TABLES,
  type OptionTable,
  type OptionType,
  type OptionTypes,
} from '../../../domain/options/index.ts'
import type { AdministrationServices } from '../../../services/administration.ts'
import type { Api, Room } from '../../room.ts'
import { failures, json } from '../answers.ts'
import { legacy, legacyAnswer } from '../legacy.ts'
import { PRIVATE_PATH } from '../paths.ts'
import { noQuery, refuseQuery } from '../query.ts'

const services = {
  FuncSysOps: { table: 'functional_config_options', title: 'functional configuration' },
  InvMovSysOps: { table: 'inv_move_unit_options', title: 'inventory movement' },
  POSysOps: { table: 'procurement_unit_options', title: 'procurement' },
} as const satisfies Record<string, { table: OptionTable; title: string }>

/**
 * `GET Common/FuncSysOps`, `InvMovSysOps` and `POSysOps` (document 004, "System Options Download Service"): every
 * option by its name, null where nobody has set it. What is a number and what is text: see domain/options.
 */
export const addSystemOptions: Room<Pick<AdministrationServices, 'getOptions'>> = (api, { getOptions }) => {
  for (const [name, { table, title }] of Object.entries(services)) {
    addOptions(api, { name, table, title, read: () => getOptions(table) })
  }
}

interface Served {
  readonly name: string
  readonly table: OptionTable
  readonly title: string
  read(): ReturnType<AdministrationServices['getOptions']>
}

function addOptions(api: Api, { name, table, title, read }: Served): void {
  const types: OptionTypes = OPTION_TABLES[table]
  const shape = Object.fromEntries(Object.entries(types).map(([option, type]) => [option, schemaOf(type)]))
  const route = createRoute({
    method: 'get',
    path: `${PRIVATE_PATH}/Common/${name}`,
    summary: `The system options of ${title}.`,
    request: { query: noQuery },
    responses: { 200: json('All options', legacyAnswer(shape).openapi(name)), ...failures },
  })
  api.openapi(route, async (c) => c.json(legacy(await read()), 200), refuseQuery)
}

function schemaOf(type: OptionType): z.ZodType {
  switch (type.kind) {
    case 'code':
      return z.enum(type.values).nullable()
    case 'text':
      return z.string().max(type.max).nullable()
    case 'number':
      return (type.scale === 0 ? z.int() : z.number()).min(0).max(type.max).nullable()
  }
}
