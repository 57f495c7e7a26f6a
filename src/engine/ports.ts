import type { Instant } from '../domain/instant.ts'
import type { CallKind, Listener } from '../domain/listener.ts'
import type { Page } from '../domain/page.ts'
import type { Edge, PageRequest, Position } from '../domain/window.ts'

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
}

/** A job of the queue: one listener's turn. */
export interface TurnJob {
  readonly id: string
  /** Fences the job: another attempt at it is another job. */
  readonly attempt: number
  readonly queue: TurnQueueName
  readonly listenerName: string
  readonly service: string
  /** The sweep that queued it: a wake-up from then on may be about a change that its tick did not see. */
  readonly sweptBy: SweptBy
  /** Of the listener's URL, e.g. `https://example.com:8443`: calls to one are bounded. */
  readonly origin: string
}

/** Which process swept, and when by its own clock (milliseconds, monotonic). */
export interface SweptBy {
  readonly engine: number
  readonly at: number
}

/** Listeners on hold have a lane of their own, so that the dead never take the slots of the living. */
export type TurnQueueName = 'turn' | 'probe'

/** The queue behind the turns. Each method is one round trip, whatever the number of jobs. */
export interface TurnQueue {
  fetch(queue: TurnQueueName, atMost: number): Promise<readonly TurnJob[]>
  /** Tells the queue that these are still being worked on. */
  touch(jobs: readonly TurnJob[]): Promise<void>
}

/** A listener as its turn sees it, with the database's clock. */
export interface Standing {
  readonly listener: Listener
  readonly now: Instant
  /** When it was asked for, by this process's own clock (milliseconds, monotonic): it may be old when it arrives. */
  readonly askedAt: number
}

/** A turn's right to a listener: a save under another token changes nothing. */
export interface Ownership {
  readonly listenerName: string
  readonly token: string
}

/**
 * The state behind a turn. Every save names what it was decided on; it changes nothing when the turn was
 * taken over, the listener deleted, or an operator's change came first. Saves return the listener as it now
 * stands, or null when it is no longer this turn's.
 */
export interface TurnStore {
  /**
   * Takes the listener for this turn. A window that waited for its first turn is taken up to the last tick: what
   * changes more often than turns come would otherwise have left every window before it is read. Null: it is gone.
   */
  begin(job: TurnJob, token: string): Promise<Standing | null>
  load(own: Ownership): Promise<Standing | null>
  /** A page or an event arrived: moves the position, or closes the window when `next` is null. */
  saveProgress(
    own: Ownership,
    decidedOn: Listener,
    next: Position | null,
    attempt: AttemptRecord,
  ): Promise<Standing | null>
  /** Closes a window of which nothing was published; the since stays. */
  dropWindow(own: Ownership, decidedOn: Listener): Promise<Standing | null>
  /** A heartbeat arrived: the target is proven and any hold is over. */
  saveHeartbeat(own: Ownership, decidedOn: Listener, attempt: AttemptRecord): Promise<Standing | null>
  /** A call failed for good this time: hold, and probe after so many milliseconds. */
  saveHold(own: Ownership, decidedOn: Listener, hold: Hold, attempt: AttemptRecord): Promise<Standing | null>
  /** The receiver wants no more: disable. */
  saveGone(
    own: Ownership,
    decidedOn: Listener,
    reason: string,
    attempt: AttemptRecord,
  ): Promise<Standing | null>
  /** Keeps an attempt that decided nothing. */
  record(attempt: AttemptRecord): Promise<void>
  /** Ends the turn and its job together; the listener is due again by its schedule, or in so many milliseconds. */
  end(job: TurnJob, own: Ownership, dueInMilliseconds: number | null): Promise<void>
  /** Gives a job back that never became a turn; the listener is due again after so many milliseconds. */
  handBack(job: TurnJob, milliseconds: number): Promise<void>
}

export interface Hold {
  readonly milliseconds: number
  readonly error: string
}

/** A claimed listener, as the sweep sees it. */
export interface Claimed extends Listener {
  /** A living engine process is in the middle of its turn. */
  readonly inTurn: boolean
  /** The queue that already holds its job; null: none does. */
  readonly queued: TurnQueueName | null
}

/** What the sweep decided for one listener. */
export interface Plan {
  readonly listenerName: string
  readonly service: string
  /** Opens a window up to here. */
  readonly open: Edge | null
  readonly nextPollAt: Instant
  readonly dueAt: Instant
  readonly queue: TurnQueueName | null
  readonly origin: string
}

/** One sweep's transaction. */
export interface SweepClaim {
  readonly now: Instant
  readonly claimed: readonly Claimed[]
  /** How many of them were due; the others were woken. */
  readonly due: number
  /** For each lower edge, whether its service has news at the tick. */
  haveNews(service: string, sinces: readonly Edge[], before: Edge): Promise<readonly boolean[]>
  apply(plans: readonly Plan[], sweptBy: SweptBy): Promise<void>
}

export interface SweepStore {
  /** Frees the turns of engine processes that died, and what a clock that stepped back has put off; how many turns. */
  reclaim(): Promise<number>
  takeTick(): Promise<ReadonlyMap<string, Edge>>
  /**
   * Puts off what is idle among the earliest due listeners, at most `limit`, just as pollListener says. Returns how many
   * were due and how many of them idle.
   */
  putOffIdle(limit: number): Promise<{ readonly due: number; readonly idle: number }>
  /** Claims due listeners, and those of woken services, for the length of `plan`. */
  claim(request: ClaimRequest, plan: (claim: SweepClaim) => Promise<void>): Promise<void>
  /** When the earliest listener is due, by the database's clock, in milliseconds from now; null: none. */
  millisecondsToNext(): Promise<number | null>
  /** Of these services, the ones whose latest change lies above the tick, in the millisecond it was cut to. */
  changedInTheSameMillisecond(
    services: readonly string[],
    tick: ReadonlyMap<string, Edge>,
  ): Promise<readonly string[]>
}

export interface ClaimRequest {
  readonly limit: number
  /** Services woken by a commit: their listeners of a short interval are due. */
  readonly woken: readonly string[]
  readonly wakeMaxIntervalSeconds: number
}
