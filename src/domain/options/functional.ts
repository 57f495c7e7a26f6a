import { yn } from './option.ts'

/** FUNCTIONAL_CONFIG_OPTIONS (document 004, "Get Functional System Options"). */
export const functionalOptions = {
  importInd: yn,
  orgUnitInd: yn,
  supplierSitesInd: yn,
  contractInd: yn,
  elcInd: yn,
} as const
