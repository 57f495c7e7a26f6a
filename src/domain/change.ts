import type { Instant } from './instant.ts'

/** Who makes a change, as the log of changes keeps it. */
export interface Changer {
  /** A client, the operating system's user at the command line. */
  readonly actor: string
  readonly role: string | null
  /** How it showed who it is: Caller's `via`. */
  readonly via: string
  /** Null: as PostgreSQL sees our connection. */
  readonly address: string | null
  readonly correlationId: string | null
}

/** An entry of the log of changes. */
export interface Change {
  readonly changeId: number
  readonly changedAt: Instant
  readonly actor: string
  readonly role: string | null
  /** As Caller has it, or `engine`, or `sql`: somebody with a connection of their own. */
  readonly via: string
  readonly address: string | null
  readonly correlationId: string | null
  /** Of PostgreSQL: the role that was logged in, and how its program calls itself. */
  readonly login: string
  readonly application: string
  readonly objectKind: string
  readonly objectName: string
  /** CREATE, UPDATE, DELETE, or a verb of its own such as MASK. */
  readonly operation: string
  /** By column; of an update those that differ. */
  readonly before: Readonly<Record<string, unknown>> | null
  readonly after: Readonly<Record<string, unknown>> | null
}

/** Which entries are asked for; null: any. */
export interface ChangeFilter {
  readonly objectKind: string | null
  readonly objectName: string | null
  readonly actor: string | null
  readonly correlationId: string | null
  /** At that moment or later. */
  readonly since: Instant | null
  /** Before that moment. */
  readonly before: Instant | null
}

/** Nothing is left out. */
export const EVERY_CHANGE: ChangeFilter = {
  ...{ objectKind: null, objectName: null, actor: null, correlationId: null, since: null, before: null },
}
