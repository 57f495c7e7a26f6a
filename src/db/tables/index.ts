import type { AttemptTable } from './attempt.ts'
import type { BatchStatusTable } from './batch-status.ts'
import type { ChangeLogTable } from './change-log.ts'
import type { CaptureLoadTable, CaptureTable, CaptureWatchTable } from './capture.ts'
import type { CalendarTable } from './calendar.ts'
import type { ClientKeyTable, ClientTable } from './client.ts'
import type { CodeDetailTable, CodeHeadTable } from './code.ts'
import type { CertificateWarningTable, CredentialTable } from './credential.ts'
import type { ListenerTable } from './listener.ts'
import type { ScheduleTable } from './schedule.ts'
import type { MerchapiConfigTable } from './merchapi-config.ts'
import type { PeriodTable, SystemVariablesTable } from './period.ts'
import type { ProcessConfigTable } from './process.ts'
import type { RefreshRequestTable } from './refresh.ts'
import type { ReportReferenceTable, ReportUrlTable } from './report.ts'
import type { TickTable } from './tick.ts'

/**
 * The tables of schemas sincewire and merch by their qualified names. The options' tables are in options.ts; change
 * tables are named at run time: see feed.ts.
 */
export interface Tables {
  'merch.b8d_process_config': ProcessConfigTable
  'merch.calendar': CalendarTable
  'merch.code_detail': CodeDetailTable
  'merch.code_head': CodeHeadTable
  'merch.period': PeriodTable
  'merch.report_reference': ReportReferenceTable
  'merch.retail_service_report_url': ReportUrlTable
  'merch.rms_batch_status': BatchStatusTable
  'merch.system_variables': SystemVariablesTable
  'sincewire.attempt': AttemptTable
  'sincewire.capture': CaptureTable
  'sincewire.capture_load': CaptureLoadTable
  'sincewire.capture_watch': CaptureWatchTable
  'sincewire.change_log': ChangeLogTable
  'sincewire.certificate_warning': CertificateWarningTable
  'sincewire.client': ClientTable
  'sincewire.client_key': ClientKeyTable
  'sincewire.credential': CredentialTable
  'sincewire.listener': ListenerTable
  'sincewire.schedule': ScheduleTable
  'sincewire.merchapi_config': MerchapiConfigTable
  'sincewire.refresh_request': RefreshRequestTable
  'sincewire.tick': TickTable
}
