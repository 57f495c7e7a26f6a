import { performance } from 'node:perf_hooks'
import { insertAttempt, type NewAttempt } from '../db/attempt.ts'
import type { Db } from '../db/pool.ts'
import * as turns from '../db/turn.ts'
import type { Edge } from '../domain/window.ts'
import type { AttemptRecord, Standing, TurnStore } from '../engine/ports.ts'
import type { Turns } from '../jobs/turns.ts'

export interface TurnStoreOptions {
  /** The number of this process. */
  readonly engine: number
  /** The edge that this process's last tick gave a service, of those that no crash can forget. */
  readonly latestTick: (service: string) => Edge | null
  /** A turn ended with more to do. */
  readonly onSoon: () => void
}

/** The engine's TurnStore over our tables and the queue. */
export function createTurnStore(
  db: Db,
  queue: Turns,
  { engine, latestTick, onSoon }: TurnStoreOptions,
): TurnStore {
  return {
    async begin({ id, listenerName, service, queue }, token) {
      const turn = { listenerName, token, service, job: id, queue, engine }
      return standing(() => turns.takeTurn(db, turn, latestTick(service)))
    },
    load: (own) => standing(() => turns.loadTurn(db, own)),
    saveProgress: (own, { generation }, next, attempt) =>
      standing(() => turns.saveProgress(db, own, generation, next, toRow(attempt))),
    dropWindow: (own, { generation }) => standing(() => turns.dropWindow(db, own, generation)),
    saveHeartbeat: (own, { targetRevision }, attempt) =>
      standing(() => turns.saveHeartbeat(db, own, targetRevision, toRow(attempt))),
    saveHold: (own, { targetRevision }, hold, attempt) =>
      standing(() => turns.saveHold(db, own, targetRevision, hold, toRow(attempt))),
    saveGone: (own, { targetRevision }, reason, attempt) =>
      standing(() => turns.saveGone(db, own, targetRevision, reason, toRow(attempt))),
    record: (attempt) => insertAttempt(db, toRow(attempt)),
    async end(job, own, dueInMilliseconds) {
      await turns.endTurn(db, { ...own, engine }, dueInMilliseconds, (tx) => queue.remove(tx, job))
      if (dueInMilliseconds === 0) onSoon()
    },
    handBack: (job, milliseconds) =>
      turns.handBack(db, { ...job, engine }, milliseconds, (tx) => queue.remove(tx, job)),
  }
}

async function standing(ask: () => Promise<turns.TurnRow | undefined>): Promise<Standing | null> {
  const askedAt = performance.now()
  const row = await ask()
  return row ? { ...row, askedAt } : null
}

function toRow({ listener, call, sent, ...attempt }: AttemptRecord): NewAttempt {
  return {
    listener_uid: listener.uid,
    listener_name: listener.listenerName,
    service: listener.service,
    kind: call.kind,
    since_timestamp: attempt.since,
    before_timestamp: attempt.before,
    offset_key: attempt.offsetKey,
    record_count: attempt.recordCount,
    webhook_id: call.webhookId,
    attempt_number: attempt.attemptNumber,
    url: call.target.url,
    status: sent.kind === 'answered' ? sent.status : null,
    succeeded: attempt.succeeded,
    duration_ms: sent.durationMilliseconds,
    bytes: call.body.length,
    answer: sent.kind === 'answered' ? sent.answer : null,
    error: sent.kind === 'failed' ? `${sent.reason}: ${sent.message}` : null,
    correlation_id: call.correlationId,
  }
}
