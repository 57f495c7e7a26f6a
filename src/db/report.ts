import { sql } from 'kysely'
import type { DbOrTx } from './pool.ts'

export interface ReportReference {
  readonly report: string
  readonly parameters: Readonly<Record<string, string>>
  /** Null: the report's URL is not set. */
  readonly urlTemplate: string | null
}

/** The report that a reference trace id leads to, or undefined. */
export function findReportReference(
  db: DbOrTx,
  referenceTraceId: string,
): Promise<ReportReference | undefined> {
  return db
    .selectFrom('merch.report_reference as r')
    .leftJoin('merch.retail_service_report_url as u', 'u.report', 'r.report')
    .select(['r.report', 'r.parameters', 'u.url_template as urlTemplate'])
    .where('r.reference_trace_id', '=', referenceTraceId)
    .executeTakeFirst()
}

export interface ReportUrlRow {
  readonly report: string
  readonly urlTemplate: string
}

/** Inserts templates, in place of those of the same reports. No report twice. */
export async function saveReportUrls(db: DbOrTx, rows: readonly ReportUrlRow[]): Promise<void> {
  await sql`insert into merch.retail_service_report_url (report, url_template)
    select * from json_to_recordset(${JSON.stringify(rows)}::json) as r(report text, "urlTemplate" text)
    on conflict (report) do update set url_template = excluded.url_template`.execute(db)
}

export interface ReportReferenceRow {
  readonly referenceTraceId: string
  readonly report: string
  readonly parameters: Readonly<Record<string, string>>
}

/** Inserts references, in place of those of the same ids. No id twice. */
export async function saveReportReferences(db: DbOrTx, rows: readonly ReportReferenceRow[]): Promise<void> {
  await sql`insert into merch.report_reference (reference_trace_id, report, parameters)
    select * from json_to_recordset(${JSON.stringify(rows)}::json)
      as r("referenceTraceId" text, report text, parameters jsonb)
    on conflict (reference_trace_id) do update set report = excluded.report, parameters = excluded.parameters`.execute(
    db,
  )
}
