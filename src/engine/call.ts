import { setTimeout as delay } from 'node:timers/promises'
import pRetry from 'p-retry'
import type { CallKind, Listener } from '../domain/listener.ts'
import { judge } from '../domain/outcome.ts'
import { waitInPlace, type RetryPolicy } from '../domain/retry.ts'
import type { Window } from '../domain/window.ts'
import type { AttemptRecord, Deliver, OutgoingCall, Ownership, Sent, TurnStore } from './ports.ts'

export interface CallPorts {
  readonly store: TurnStore
  readonly deliver: Deliver
  readonly retryPolicy: RetryPolicy
  readonly newCorrelationId: () => string
  /** Milliseconds, monotonic. */
  readonly uptime: () => number
  /** One wide line for each attempt. */
  readonly onAttempt: (attempt: AttemptRecord) => void
}

export interface CallRequest {
  readonly listener: Listener
  /** When the listener was known to be this turn's; by `uptime`. */
  readonly askedAt: number
  readonly kind: CallKind
  readonly webhookId: string
  readonly body: Buffer
  readonly window: Window | null
  readonly offsetKey: string | null
  readonly recordCount: number | null
  /** Tries after the first, when fewer than the policy's. */
  readonly retries?: number | undefined
}

/** How a call ended, tries in place included. The last attempt is handed on unsaved: it belongs to the save. */
export type CallEnd =
  | { readonly kind: 'success'; readonly attempt: AttemptRecord }
  | { readonly kind: 'gone'; readonly error: string; readonly attempt: AttemptRecord }
  | {
      readonly kind: 'failed'
      readonly error: string
      readonly notBeforeMilliseconds: number
      readonly attempt: AttemptRecord
    }
  /** An operator's change made it pointless to go on. */
  | { readonly kind: 'superseded' }
  /** The process was told to stop. */
  | { readonly kind: 'interrupted' }

/** An attempt that may be tried again, as p-retry wants it: thrown. */
class Transient extends Error {
  readonly end: CallEnd & { kind: 'failed' }
  constructor(end: CallEnd & { kind: 'failed' }) {
    super(end.error)
    this.end = end
  }
}

class Superseded extends Error {}

/**
 * What is known for longer than that is asked again before anything is sent: a process that was stopped, or waited
 * long for its database, may have lost its listener (after ten seconds without a sign of life) and would send a page
 * behind the later ones of the new owner.
 */
const CERTAIN_MILLISECONDS = 3000

/** Sends a call, and sends it again in place while the trouble looks short and nobody has changed the listener. */
export async function callWithRetries(
  ports: CallPorts,
  own: Ownership,
  request: CallRequest,
  signal: AbortSignal,
): Promise<CallEnd> {
  const { retryPolicy, store } = ports
  const makeCertain = certainty(ports, own, request)
  const attempt = async (attemptNumber: number) => {
    await makeCertain()
    return tryOnce(ports, request, attemptNumber, signal)
  }
  try {
    return await pRetry(attempt, {
      retries: request.retries ?? retryPolicy.inPlaceRetries,
      minTimeout: retryPolicy.inPlaceDelayMilliseconds,
      factor: 2,
      signal,
      onFailedAttempt: async ({ error, retriesLeft, retryDelay }) => {
        if (!(error instanceof Transient) || retriesLeft === 0) throw error
        const wait = error.end.notBeforeMilliseconds
        if (!waitInPlace(retryPolicy, wait)) throw error
        await store.record(error.end.attempt)
        await delay(Math.max(0, wait - retryDelay), undefined, { signal })
        if (!(await stillWanted(store, own, request))) throw new Superseded()
      },
    })
  } catch (error) {
    if (error instanceof Transient) return error.end
    if (error instanceof Superseded) return { kind: 'superseded' }
    if (signal.aborted) return { kind: 'interrupted' }
    throw error
  }
}

async function tryOnce(
  ports: CallPorts,
  request: CallRequest,
  attemptNumber: number,
  signal: AbortSignal,
): Promise<CallEnd> {
  const call = outgoing(request, ports.newCorrelationId())
  const sent = await ports.deliver(call, signal)
  if (signal.aborted && sent.kind === 'failed') return { kind: 'interrupted' }
  const outcome = judge(sent)
  const attempt = attemptRecord(request, call, attemptNumber, sent, outcome.kind === 'success')
  ports.onAttempt(attempt)
  switch (outcome.kind) {
    case 'success':
      return { kind: 'success', attempt }
    case 'gone':
      return { kind: 'gone', error: outcome.error, attempt }
    case 'failed':
      return { ...outcome, attempt }
    case 'transient':
      throw new Transient({ ...outcome, kind: 'failed', attempt })
  }
}

/** Throws when the listener is no longer this turn's, asking only if that is not known well enough. */
function certainty({ store, uptime }: CallPorts, own: Ownership, request: CallRequest): () => Promise<void> {
  let { askedAt } = request
  return async () => {
    while (uptime() - askedAt > CERTAIN_MILLISECONDS) {
      askedAt = uptime()
      if (!(await stillWanted(store, own, request))) throw new Superseded()
    }
  }
}

/** Whether the same call to the same place is still what the operator wants. */
async function stillWanted(store: TurnStore, own: Ownership, { listener }: CallRequest): Promise<boolean> {
  const standing = await store.load(own)
  if (!standing?.listener.enabled) return false
  const { generation, targetRevision } = standing.listener
  return generation === listener.generation && targetRevision === listener.targetRevision
}

function outgoing({ listener, kind, body, webhookId }: CallRequest, correlationId: string): OutgoingCall {
  const { listenerName, uid, targetRevision, listenerUrl } = listener
  return {
    target: { listenerName, listenerUid: uid, targetRevision, url: listenerUrl },
    kind,
    body,
    webhookId,
    correlationId,
  }
}

function attemptRecord(
  request: CallRequest,
  call: OutgoingCall,
  attemptNumber: number,
  sent: Sent,
  succeeded: boolean,
): AttemptRecord {
  const { listener, window, offsetKey, recordCount } = request
  return {
    listener,
    call,
    attemptNumber,
    sent,
    succeeded,
    offsetKey,
    recordCount,
    since: window?.since.at ?? null,
    before: window?.before.at ?? null,
  }
}
