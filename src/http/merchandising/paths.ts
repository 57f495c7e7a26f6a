import { SERVICES_PATH } from '../../domain/publishLinks.ts'

/** Where the services of "Administration – Operations" live. */
export const OPERATIONS_PATH = `${SERVICES_PATH}/administration/operations`

/**
 * Where the services live whose paths document 004 gives without a base: the base that its note on Vdate/vdateDetail
 * names for Common/vDate.
 */
export const PRIVATE_PATH = '/RmsReSTServices/services/private'
