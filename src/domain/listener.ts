import type { Instant } from './instant.ts'
import type { Edge, Position } from './window.ts'

/** Defaults and ranges of a registration (document 004, "Manage Webhooks"; newer fields from the public contract). */
export const LISTENER_DEFAULTS = {
  intervalSeconds: 900,
  pageLimit: 1000,
  heartbeatIntervalHours: 6,
} as const

/** What an operator registers, changes and sees. */
export interface Registration {
  readonly listenerName: string
  readonly service: string
  readonly credentialName: string
  readonly listenerUrl: string
  readonly enabled: boolean
  /** true: PAYLOAD, the data itself; false: EVENT, a hint to pull. */
  readonly includePayload: boolean
  readonly intervalSeconds: number
  /** Records a PAYLOAD page, at most. */
  readonly pageLimit: number
  /** `include=…&exclude=…`, or null. */
  readonly queryParameter: string | null
  readonly heartbeatIntervalHours: number
}

/** Where a listener stands in its service's changes. */
export interface Progress {
  /** Moves when the running window ends by decree: a new since, or another includePayload. */
  readonly generation: number
  /** Moves when calls go elsewhere: URL, credential, or the credential's content. A heartbeat proves one revision. */
  readonly targetRevision: number
  readonly provenRevision: number | null
  /** Lower edge of the open window, or of the next one. */
  readonly since: Edge
  /** Upper edge of the open window; null: none is open. */
  readonly before: Edge | null
  /** The last record published in the open window; null: none yet. */
  readonly after: Position | null
}

/** When to look next, and whether calls are held. */
export interface Schedule {
  readonly nextPollAt: Instant
  readonly nextHeartbeatAt: Instant
  /** Failed calls in a row. Above zero: on hold, only heartbeats go out. */
  readonly failures: number
  readonly holdSince: Instant | null
  readonly heartbeatError: string | null
}

export interface Listener extends Registration, Progress, Schedule {
  /** Identity of this registration: a name deleted and registered again is another listener. */
  readonly uid: string
}

/** The three calls. */
export type CallKind = 'HEARTBEAT' | 'EVENT' | 'PAYLOAD'
