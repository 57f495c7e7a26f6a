import { sql } from 'kysely'
import type { Instant } from '../domain/instant.ts'
import type { DbOrTx } from './pool.ts'

/** An audited call, as JOB_AUDIT_LOGS and JOB_AUDIT_PAYLOAD keep it. */
export interface AuditRow {
  /** A UUID: a batch that is written again, because nobody knows whether it was, writes no row twice. */
  readonly auditId: string
  readonly correlationId: string
  readonly service: string
  readonly method: string
  readonly status: number
  readonly startedAt: Instant
  readonly durationMilliseconds: number
  readonly request: string | null
  readonly response: string | null
}

/** Inserts a batch in one statement. Texts must be well-formed and hold no NUL. */
export async function insertAuditRows(db: DbOrTx, rows: readonly AuditRow[]): Promise<void> {
  await sql`
    with batch as materialized (
      select * from json_to_recordset(${JSON.stringify(rows)}::json) as b("auditId" uuid, "correlationId" text,
        service text, method text, status integer, "startedAt" timestamptz, "durationMilliseconds" numeric,
        request text, response text)
    ), logged as (
      insert into merch.job_audit_logs
        (audit_id, correlation_id, service, method, status, started_at, duration_ms)
      select "auditId", "correlationId", service, method, status, "startedAt", "durationMilliseconds" from batch
      on conflict do nothing
    )
    insert into merch.job_audit_payload (audit_id, request, response)
    select "auditId", request, response from batch on conflict do nothing`.execute(db)
}

/** The calls of a correlation id, the latest first, at most so many. */
export async function findAuditRows(
  db: DbOrTx,
  correlationId: string,
  atMost: number,
): Promise<readonly AuditRow[]> {
  const { rows } = await sql<AuditRow>`
    select l.audit_id as "auditId", l.correlation_id as "correlationId", l.service, l.method, l.status,
           l.started_at as "startedAt", l.duration_ms::float8 as "durationMilliseconds", p.request, p.response
    from merch.job_audit_logs l left join merch.job_audit_payload p using (audit_id)
    where l.correlation_id = ${correlationId} order by l.started_at desc, l.audit_id limit ${atMost}`.execute(
    db,
  )
  return rows
}

/** Removes calls older than so many days with their payload, at most `atMost` of them; returns how many went. */
export async function pruneAudit(db: DbOrTx, olderThanDays: number, atMost: number): Promise<number> {
  const { rows } = await sql<{ went: number }>`
    with old as materialized (
      select audit_id from merch.job_audit_logs
      where started_at < statement_timestamp() - make_interval(days => ${olderThanDays})
      order by started_at limit ${atMost}
    ), payload as (
      delete from merch.job_audit_payload where audit_id in (select audit_id from old)
    ), logs as (
      delete from merch.job_audit_logs where audit_id in (select audit_id from old) returning 1
    )
    select count(*)::int as went from logs`.execute(db)
  return rows[0]?.went ?? 0
}
