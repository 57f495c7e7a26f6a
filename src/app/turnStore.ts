import { insertAttempt, type NewAttempt } from '../db/attempt.ts'
import type { Db } from '../db/pool.ts'
import * as turns from '../db/turn.ts'
import type { AttemptRecord, TurnStore } from '../engine/ports.ts'
import type { Turns } from '../jobs/turns.ts'

/** The engine's TurnStore over our tables and the queue. `onSoon`: a turn ended with more to do. */
export function createTurnStore(db: Db, queue: Turns, onSoon: () => void): TurnStore {
  return {
    async begin(job, token, engine) {
      const { id, listenerName } = job
      return (await turns.takeTurn(db, { listenerName, token, job: id, queue: job.queue, engine })) ?? null
    },
    load: async (own) => (await turns.loadTurn(db, own)) ?? null,
    saveProgress: async (own, { generation }, next, attempt) =>
      (await turns.saveProgress(db, own, generation, next, toRow(attempt))) ?? null,
    dropWindow: async (own, { generation }) => (await turns.dropWindow(db, own, generation)) ?? null,
    saveHeartbeat: async (own, { targetRevision }, attempt) =>
      (await turns.saveHeartbeat(db, own, targetRevision, toRow(attempt))) ?? null,
    saveHold: async (own, { targetRevision }, hold, attempt) =>
      (await turns.saveHold(db, own, targetRevision, hold, toRow(attempt))) ?? null,
    saveGone: async (own, { targetRevision }, reason, attempt) =>
      (await turns.saveGone(db, own, targetRevision, reason, toRow(attempt))) ?? null,
    record: (attempt) => insertAttempt(db, toRow(attempt)),
    async end(job, own, dueInMilliseconds) {
      await turns.endTurn(db, own, dueInMilliseconds, (tx) => queue.remove(tx, job))
      if (dueInMilliseconds === 0) onSoon()
    },
    handBack: (job, milliseconds) =>
      turns.handBack(db, job.listenerName, milliseconds, (tx) => queue.remove(tx, job)),
  }
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
