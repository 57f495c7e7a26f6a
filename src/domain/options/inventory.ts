import { code, decimal, text, whole, yn } from './option.ts'

const forceClose = code('BL', 'NL', 'RL', 'SL')
const markdownAt = code('S', 'R')

/**
 * INV_MOVE_UNIT_OPTIONS (document 004, "Get Inventory Movement System Options").
 *
 * The document's field list and its sample disagree; the sample is right, since clients were written against real
 * answers: racRtvTsfInd, rtvUnitCostInd, tsfAutoCloseStore and whCrossLinkInd are codes (the list says BigDecimal),
 * replOrderDays, wfDefaultWh and ssAutoCloseDays are numbers (the list says String). maxScalingIterations is in the
 * sample alone, as null: a number, as the table's column is. Codes are those of the published data model.
 */
export const inventoryOptions = {
  allocMethod: code('P', 'A', 'C'),
  applyProfPresStock: yn,
  autoRcvStore: yn,
  closeOpenShipDays: whole(3),
  costMoney: decimal(12),
  costOutStorage: decimal(20),
  costOutStorageMeas: text(6),
  costOutStorageUom: text(4),
  costWhStorage: decimal(20),
  costWhStorageMeas: text(6),
  costWhStorageUom: text(4),
  defaultAllocChrgInd: yn,
  defaultOrderType: text(9),
  defaultSizeProfile: yn,
  deptLevelTransfers: yn,
  distributionRule: code('PRORAT', 'MN2MX', 'MX2MN'),
  duplicateReceivingInd: yn,
  increaseTsfQtyInd: yn,
  intercompanyTransferBasis: code('T', 'B'),
  invHistLevel: code('N', 'I', 'A'),
  locActivityInd: yn,
  locDlvryInd: yn,
  lookAheadDays: whole(3),
  maxScalingIterations: whole(4),
  maxWeeksSupply: whole(3),
  ordWorksheetCleanUpDelay: whole(3),
  racRtvTsfInd: code('A', 'E'),
  rejectStoreOrdInd: yn,
  replOrderDays: whole(3),
  rtvNadLeadTime: whole(4),
  rtvUnitCostInd: code('R', 'S', 'A'),
  shipRcvStore: yn,
  shipRcvWh: yn,
  storageType: text(6),
  storePackCompRcvInd: yn,
  wfDefaultWh: whole(10),
  targetRoi: decimal(12),
  tsfAutoCloseStore: yn,
  tsfAutoCloseWh: yn,
  tsfCloseOverdue: yn,
  simForceCloseInd: forceClose,
  tsfForceCloseInd: forceClose,
  tsfOverReceiptInd: forceClose,
  tsfMdStoreToStoreSndRcv: markdownAt,
  tsfMdStoreToWhSndRcv: markdownAt,
  tsfMdWhToStoreSndRcv: markdownAt,
  tsfMdWhToWhSndRcv: markdownAt,
  tsfPriceExceedWacInd: yn,
  ssAutoCloseDays: whole(2),
  wsAutoCloseDays: whole(2),
  swAutoCloseDays: whole(2),
  wwAutoCloseDays: whole(2),
  wfOrderLeadDays: whole(3),
  whCrossLinkInd: yn,
  wrongStReceiptInd: yn,
} as const
