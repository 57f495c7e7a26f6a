import type { Instant } from '../domain/instant.ts'
import type { CallKind, Listener } from '../domain/listener.ts'
import type { Page } from '../domain/page.ts'
import type { PageRequest } from '../domain/window.ts'

/** Where a call goes. A target revision has one URL, one credential content and one signing secret. */
export interface Target {
  readonly listenerName: string
  readonly listenerUid: string
  readonly targetRevision: number
  readonly url: string
}

/** A call ready to be sent: the same bytes and webhook id at every attempt. */
export interface OutgoingCall {
  readonly target: Target
  readonly kind: CallKind
  readonly body: Buffer
  readonly webhookId: string
  readonly correlationId: string
}

/** What became of one attempt. A receiver's refusal is a value, never a throw. */
export type Sent =
  | {
      readonly kind: 'answered'
      readonly status: number
      /** From Retry-After (seconds or HTTP date), in milliseconds from now; null when absent or unreadable. */
      readonly retryAfterMilliseconds: number | null
      /** The first 2 KiB of the answer's body as text. */
      readonly answer: string
      readonly durationMilliseconds: number
    }
  | {
      readonly kind: 'failed'
      /** Stable and short, e.g. `ECONNREFUSED`, `timeout`, `tls`, `blocked_address`, `token`, `aborted`. */
      readonly reason: string
      /** One sentence for the operator; no secret. */
      readonly message: string
      readonly durationMilliseconds: number
    }

/**
 * Sends one attempt: authenticates, signs, posts, reads the answer within one deadline.
 * On a 401 to an OAuth token it renews the token once and sends again within the same attempt.
 * Never throws, except when the signal aborts it after the process was told to stop (`aborted`).
 */
export interface Deliver {
  (call: OutgoingCall, signal: AbortSignal): Promise<Sent>
}

/** Reads and renders a page; equal requests in flight share one read. */
export interface ReadPage {
  (request: PageRequest): Promise<Page>
}

/** One finished attempt, as it is recorded. */
export interface AttemptRecord {
  readonly listener: Listener
  readonly call: OutgoingCall
  readonly since: Instant | null
  readonly before: Instant | null
  readonly offsetKey: string | null
  readonly recordCount: number | null
  readonly attemptNumber: number
  readonly sent: Sent
  readonly succeeded: boolean
  readonly attemptedAt: Instant
}
