import type { JSONColumnType } from 'kysely'

export interface ReportUrlTable {
  report: string
  url_template: string
}

export interface ReportReferenceTable {
  reference_trace_id: string
  report: string
  parameters: JSONColumnType<Record<string, string>>
}
