/**
 * The reports that a reference trace id may lead to, by the origin of the id (document 004, "Get BI Publisher Report
 * URL"). The short names are ours.
 */
export const REPORTS = {
  GL_FIXED_DEAL: { origin: 'MERCHANDISING', title: 'GL Fixed Deal Data Report' },
  GL_ITEM: { origin: 'MERCHANDISING', title: 'GL Item level Data Report' },
  GL_ITEM_DAILY: { origin: 'MERCHANDISING', title: 'GL Item Rollup Daily Data Report' },
  GL_ITEM_MONTHLY: { origin: 'MERCHANDISING', title: 'GL Item Rollup Monthly Data Report' },
  GL_SALES_AUDIT: { origin: 'SALES AUDIT', title: 'GL Sales Audit Data Report' },
  MERCHANDISE_INVOICE: { origin: 'INVOICE MATCHING', title: 'Merchandise Invoice Document Report' },
  NON_MERCHANDISE_INVOICE: { origin: 'INVOICE MATCHING', title: 'Non-Merchandise Invoice Document Report' },
  CREDIT_NOTE: { origin: 'INVOICE MATCHING', title: 'Credit Note Document Report' },
  CREDIT_MEMO_COST: { origin: 'INVOICE MATCHING', title: 'Credit Memo Cost Document Report' },
  CREDIT_MEMO_QUANTITY: { origin: 'INVOICE MATCHING', title: 'Credit Memo Quantity Document Report' },
  DEBIT_MEMO_COST: { origin: 'INVOICE MATCHING', title: 'Debit Memo Cost Document Report' },
  DEBIT_MEMO_QUANTITY: { origin: 'INVOICE MATCHING', title: 'Debit Memo Quantity Document Report' },
  DEBIT_MEMO_VAT: { origin: 'INVOICE MATCHING', title: 'Debit Memo VAT Document Report' },
  RECEIPT_WRITE_OFF: { origin: 'INVOICE MATCHING', title: 'Receipt Write Off Document Report' },
} as const satisfies Record<string, { readonly origin: string; readonly title: string }>

export type ReportName = keyof typeof REPORTS
export const REPORT_NAMES = Object.keys(REPORTS) as [ReportName, ...ReportName[]]

/** String (32) and String (256) of the document. */
export const REPORT_LENGTHS = { reportReferenceKey: 32, reportUrl: 256 } as const

const PLACE = /\{(\w+)\}/g
/** Filled by the reference trace id itself; the other places by the reference's own parameters. */
const KEY_PLACE = 'reportReferenceKey'

/** What is wrong with a URL template, as the end of a sentence, or undefined. */
export function templateFault(template: string): string | undefined {
  const filled = template.replace(PLACE, 'x')
  if (/[{}]/.test(filled)) return 'has a brace that is no {place}'
  if (!/^https?:\/\/[^/?#{}]+([/?#]|$)/.test(template) || !URL.canParse(filled)) {
    return 'must be an http or https URL, its host without a {place}'
  }
  if (/\s/.test(template)) return 'must not hold blanks'
  return undefined
}

/**
 * The URL for a reference: each place of the template filled with its value, percent-encoded. A sentence of what is
 * missing or too long comes back instead as `fault`.
 */
export function buildReportUrl(
  template: string,
  reportReferenceKey: string,
  parameters: Readonly<Record<string, string>>,
): { readonly url: string } | { readonly fault: string } {
  const values: Record<string, string> = { ...parameters, [KEY_PLACE]: reportReferenceKey }
  const places = [...template.matchAll(PLACE)].map(([, name = '']) => name)
  const missing = places.find((name) => !Object.hasOwn(values, name))
  if (missing !== undefined) return { fault: `has no value for ${missing}` }
  const url = template.replace(PLACE, (_, name: string) => encodeURIComponent(values[name] ?? ''))
  const { reportUrl: limit } = REPORT_LENGTHS
  return url.length > limit ? { fault: `makes a URL of more than ${limit} characters` } : { url }
}
