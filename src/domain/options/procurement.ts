import { code, text, whole, yn } from './option.ts'

/**
 * PROCUREMENT_UNIT_OPTIONS (document 004, "Get Procurement System Options"). billToLoc is in the sample alone: text,
 * as shown there. Codes are those of the published data model.
 */
export const procurementOptions = {
  backpostRcaRuaInd: yn,
  billToLoc: text(10),
  calcNegativeIncome: yn,
  copyPoCurrRate: yn,
  costLevel: code('N', 'NN', 'DNN'),
  creditMemoLevel: code('L', 'S', 'T', 'D'),
  dealAgePriority: code('O', 'N'),
  dealLeadDays: whole(3),
  dealTypePriority: code('A', 'P'),
  deptLevelOrders: yn,
  ediCostOverrideInd: yn,
  expiryDelayPreIssue: whole(4),
  genConsignmentInvcFreq: code('P', 'W', 'M', 'D'),
  genConInvcItmSupLocInd: code('S', 'L', 'I'),
  latestShipDays: whole(3),
  ordApprCloseDelay: whole(3),
  ordApprAmtCode: code('C', 'R'),
  ordAutoClosePartRcvdInd: yn,
  ordPartRcvdCloseDelay: whole(3),
  orderBeforeDays: whole(2),
  orderExchInd: yn,
  otbSystemInd: yn,
  rcvCostAdjType: code('S', 'F'),
  reclassApprOrderInd: yn,
  redistFactor: whole(3),
  softContractInd: yn,
  wacRecalcAdjInd: yn,
} as const
