import type { CallKind } from '../../domain/listener.ts'
import type { Step, WindowEdges } from './chain.ts'
import { addApplied, NOTHING_APPLIED, type Applied } from './replica.ts'

/** What happened, one value for each line that is printed. */
export type Happening =
  | {
      readonly kind: 'call'
      readonly type: CallKind
      readonly listenerName: string
      readonly service: string
      readonly webhookId: string
      /** Whether the signature was checked (and right). */
      readonly signed: boolean
      /** Seen before, by its webhook-id, and therefore dropped. */
      readonly duplicate: boolean
      /** Of a PAYLOAD that was not a duplicate. */
      readonly page?: TakenPage
      /** Of an EVENT. */
      readonly window?: WindowEdges
    }
  /** Answered otherwise than 200: `onPurpose`, or because of what `reason` says. */
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string; readonly onPurpose: boolean }
  | { readonly kind: 'pulled'; readonly listenerName: string; readonly service: string; readonly pages: number; readonly page: TakenPage }
  | { readonly kind: 'pullFailed'; readonly listenerName: string; readonly service: string; readonly window: WindowEdges; readonly error: string } // prettier-ignore

/** A page as it was taken into a listener's state; of a pull, all its pages in one. */
export interface TakenPage {
  readonly window: WindowEdges
  readonly records: number
  readonly hasMore: boolean
  readonly step: Step
  readonly expected: string
  readonly applied: Applied
}

/** Changes that were never sent, or that somebody skipped by moving a since forward. */
export interface Gap {
  readonly listenerName: string
  readonly service: string
  readonly from: string
  readonly to: string
}

export interface Report {
  readonly calls: Readonly<Record<CallKind, number>>
  /** Calls that were answered with an error because the options ask for it. */
  readonly failedOnPurpose: number
  /** Calls that were refused for their signature, credential or body. */
  readonly refused: number
  readonly duplicates: number
  readonly applied: Applied
  readonly windows: Readonly<Record<Step, number>>
  readonly gaps: readonly Gap[]
  readonly pulls: number
  readonly failedPulls: readonly string[]
}

export const EMPTY_REPORT: Report = {
  calls: { HEARTBEAT: 0, EVENT: 0, PAYLOAD: 0 },
  failedOnPurpose: 0,
  refused: 0,
  duplicates: 0,
  applied: NOTHING_APPLIED,
  windows: { first: 0, page: 0, next: 0, restart: 0, replay: 0, gap: 0 },
  gaps: [],
  pulls: 0,
  failedPulls: [],
}

/** The report after one more thing has happened. */
export function addToReport(report: Report, event: Happening): Report {
  switch (event.kind) {
    case 'refused':
      return event.onPurpose
        ? { ...report, failedOnPurpose: report.failedOnPurpose + 1 }
        : { ...report, refused: report.refused + 1 }
    case 'call': {
      const calls = { ...report.calls, [event.type]: report.calls[event.type] + 1 }
      const duplicates = report.duplicates + (event.duplicate ? 1 : 0)
      return addPage({ ...report, calls, duplicates }, event, event.page)
    }
    case 'pulled':
      return addPage({ ...report, pulls: report.pulls + 1 }, event, event.page)
    case 'pullFailed':
      return { ...report, failedPulls: [...report.failedPulls, event.error] }
  }
}

function addPage(
  report: Report,
  { listenerName, service }: { readonly listenerName: string; readonly service: string },
  page: TakenPage | undefined,
): Report {
  if (!page) return report
  const { step, expected, window } = page
  return {
    ...report,
    applied: addApplied(report.applied, page.applied),
    windows: { ...report.windows, [step]: report.windows[step] + 1 },
    gaps:
      step === 'gap'
        ? [...report.gaps, { listenerName, service, from: expected, to: window.since }]
        : report.gaps,
  }
}
