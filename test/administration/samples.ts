/** The samples of document 004 that its administration services answer, as printed there. */
export const batchRunStatus = {
  batchRunningInd: 'N',
  inventoryBatchRunningInd: 'N',
  costingBatchRunningInd: 'N',
}

export const calendar = [
  { year: 2022, month: 1, noOfWeeks: 4, firstDay: '2022-01-02' },
  { year: 2022, month: 2, noOfWeeks: 4, firstDay: '2022-01-30' },
]

export const codes = {
  items: [
    {
      codeType: 'LOC',
      description: 'Location',
      details: [
        { code: 'W', codeDescription: 'Warehouse', sequence: '2', usedInd: 'Y' },
        { code: 'S', codeDescription: 'Store', sequence: '1', usedInd: 'Y' },
      ],
    },
  ],
  hasMore: true,
  limit: 1,
  count: 1,
  links: [
    {
      href: 'http://Server:port/MerchIntegrations/services/administration/operations/codes?offsetkey=LOB&limit=1',
      rel: 'self',
    },
    {
      href: 'http://Server:port/MerchIntegrations/services/administration/operations/codes?offsetkey=LOC&limit=1',
      rel: 'next',
    },
  ],
}

const legacy = { links: [], hyperMediaContent: { linkRDO: [] } }

/** A null stands for any value. */
export const codeDetail = {
  codeDesc: null,
  requiredInd: null,
  codeSeq: null,
  codeType: null,
  codeTypeDesc: null,
  code: null,
  ...legacy,
}

export const eow = { eow: 'N', ...legacy }
/** A null stands for any value. */
export const vdateDetail = [{ vdate: null, ...legacy }]
export const vDate = { vdateDisplay: '01-Jul-2019', vdate: 1_561_939_200_000, ...legacy }

export const functional = {
  ...legacy,
  ...{ importInd: 'Y', orgUnitInd: 'Y', supplierSitesInd: 'Y', contractInd: 'Y', elcInd: 'Y' },
}

export const inventory = {
  ...legacy,
  ...{ allocMethod: 'P', applyProfPresStock: 'N', autoRcvStore: 'Y', closeOpenShipDays: 3, costMoney: 7.5 },
  ...{ costOutStorage: 1.5, costOutStorageMeas: 'P', costOutStorageUom: null, costWhStorage: 1.5 },
  ...{ costWhStorageMeas: 'P', costWhStorageUom: null, defaultAllocChrgInd: 'Y', defaultOrderType: 'WAVE' },
  ...{ defaultSizeProfile: 'N', deptLevelTransfers: 'Y', distributionRule: 'PRORAT' },
  ...{
    duplicateReceivingInd: 'N',
    increaseTsfQtyInd: 'N',
    intercompanyTransferBasis: 'T',
    invHistLevel: 'A',
  },
  ...{ locActivityInd: 'Y', locDlvryInd: 'Y', lookAheadDays: 7, maxScalingIterations: null },
  ...{ maxWeeksSupply: 5, ordWorksheetCleanUpDelay: 1, racRtvTsfInd: 'A', rejectStoreOrdInd: 'N' },
  ...{ replOrderDays: 3, rtvNadLeadTime: 1, rtvUnitCostInd: 'A', shipRcvStore: 'Y', shipRcvWh: 'Y' },
  ...{ storageType: 'W', storePackCompRcvInd: 'Y', wfDefaultWh: 1212, targetRoi: 7, tsfAutoCloseStore: 'Y' },
  ...{ tsfAutoCloseWh: 'Y', tsfCloseOverdue: 'Y', simForceCloseInd: 'NL', tsfForceCloseInd: 'SL' },
  ...{ tsfOverReceiptInd: 'NL', tsfMdStoreToStoreSndRcv: 'S', tsfMdStoreToWhSndRcv: 'S' },
  ...{ tsfMdWhToStoreSndRcv: 'S', tsfMdWhToWhSndRcv: 'S', tsfPriceExceedWacInd: 'Y', ssAutoCloseDays: 1 },
  ...{ wsAutoCloseDays: 1, swAutoCloseDays: 1, wwAutoCloseDays: 1, wfOrderLeadDays: null },
  ...{ whCrossLinkInd: 'Y', wrongStReceiptInd: 'Y' },
}

export const procurement = {
  ...legacy,
  ...{ backpostRcaRuaInd: 'N', billToLoc: '1000', calcNegativeIncome: 'N', copyPoCurrRate: null },
  ...{ costLevel: 'DNN', creditMemoLevel: 'D', dealAgePriority: 'O', dealLeadDays: 1, dealTypePriority: 'P' },
  ...{ deptLevelOrders: 'N', ediCostOverrideInd: 'Y', expiryDelayPreIssue: 30, genConsignmentInvcFreq: 'M' },
  ...{ genConInvcItmSupLocInd: 'I', latestShipDays: 30, ordApprCloseDelay: 1, ordApprAmtCode: 'C' },
  ...{ ordAutoClosePartRcvdInd: 'N', ordPartRcvdCloseDelay: 1, orderBeforeDays: 5, orderExchInd: 'N' },
  ...{ otbSystemInd: 'N', rcvCostAdjType: 'F', reclassApprOrderInd: 'Y', redistFactor: 2 },
  ...{ softContractInd: 'Y', wacRecalcAdjInd: 'N' },
}

/** The lists of fields that the document has beside the samples. */
export const fieldLists = {
  functional: 'importInd orgUnitInd supplierSitesInd contractInd elcInd',
  inventory: `allocMethod applyProfPresStock autoRcvStore closeOpenShipDays costMoney costOutStorage
    costOutStorageMeas costOutStorageUom costWhStorage costWhStorageMeas costWhStorageUom defaultAllocChrgInd
    defaultOrderType defaultSizeProfile deptLevelTransfers distributionRule duplicateReceivingInd
    increaseTsfQtyInd intercompanyTransferBasis invHistLevel locActivityInd locDlvryInd lookAheadDays
    maxWeeksSupply ordWorksheetCleanUpDelay racRtvTsfInd rejectStoreOrdInd replOrderDays rtvNadLeadTime
    rtvUnitCostInd shipRcvStore shipRcvWh storageType storePackCompRcvInd wfDefaultWh targetRoi
    tsfAutoCloseStore tsfAutoCloseWh tsfCloseOverdue simForceCloseInd tsfForceCloseInd tsfOverReceiptInd
    tsfMdStoreToStoreSndRcv tsfMdStoreToWhSndRcv tsfMdWhToStoreSndRcv tsfMdWhToWhSndRcv tsfPriceExceedWacInd
    ssAutoCloseDays wsAutoCloseDays swAutoCloseDays wwAutoCloseDays wfOrderLeadDays whCrossLinkInd
    wrongStReceiptInd`,
  procurement: `backpostRcaRuaInd calcNegativeIncome copyPoCurrRate costLevel creditMemoLevel dealAgePriority
    dealLeadDays dealTypePriority deptLevelOrders ediCostOverrideInd expiryDelayPreIssue genConsignmentInvcFreq
    genConInvcItmSupLocInd latestShipDays ordApprCloseDelay ordApprAmtCode ordAutoClosePartRcvdInd
    ordPartRcvdCloseDelay orderBeforeDays orderExchInd otbSystemInd rcvCostAdjType reclassApprOrderInd
    redistFactor softContractInd wacRecalcAdjInd`,
}

export const reportRequest = { reportReferenceKey: 'String' }
export const reportAnswer = { reportReferenceKey: 'String', reportUrl: 'String' }
/** An answer has validationErrors or businessError, as the case is. */
export const reportError = {
  status: 'ERROR',
  message: 'Error found in validation of input payload',
  validationErrors: [
    { error: 'must be one of Y, N', field: 'createRecord.arg0.approveInd', inputValue: 'X' },
  ],
  businessError: ['Error message'],
}
