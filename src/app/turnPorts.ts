import { randomBytes, randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { Db } from '../db/pool.ts'
import { findService } from '../db/service.ts'
import { windowHref } from '../domain/publishLinks.ts'
import type { AttemptRecord, Deliver, ReadPage, TurnStore } from '../engine/ports.ts'
import type { TurnPorts } from '../engine/turn.ts'
import type { Log } from '../log.ts'
import type { EngineBase } from './base.ts'

export interface TurnParts {
  readonly deliver: Deliver
  readonly readPage: ReadPage
  readonly store: TurnStore
}

/** What a turn needs, with clocks, dice and the process's log and metrics. */
export function createTurnPorts(base: EngineBase, parts: TurnParts): TurnPorts {
  const { log, metrics, engineDb } = base
  return {
    ...parts,
    retryPolicy: retryPolicy(base),
    keyParts: rememberKeyParts(engineDb),
    publishUrl: (service, window) => windowHref(base.publicUrl(), service, window),
    dice: Math.random,
    uptime: () => performance.now(),
    newToken: randomUUID,
    newCorrelationId: () => randomBytes(12).toString('base64url'),
    onAttempt: (attempt) => {
      metrics.attempt(attempt)
      logAttempt(log, attempt)
    },
  }
}

/** A service's key changes only with a new capture. */
const KEY_PARTS_MILLISECONDS = 10_000

function rememberKeyParts(db: Db): (service: string) => Promise<readonly string[]> {
  const known = new Map<string, { readonly until: number; readonly parts: Promise<readonly string[]> }>()
  return (service) => {
    const held = known.get(service)
    if (held && held.until > performance.now()) return held.parts
    const parts = findService(db, service).then((found) => found?.keyParts ?? [])
    known.set(service, { until: performance.now() + KEY_PARTS_MILLISECONDS, parts })
    parts.catch(() => known.delete(service))
    return parts
  }
}

function retryPolicy({ config }: EngineBase) {
  const { inPlaceRetries, inPlaceDelayMilliseconds, holdBaseSeconds, holdMaxSeconds } = config.engine.retry
  return {
    ...{ inPlaceRetries, inPlaceDelayMilliseconds },
    holdBaseMilliseconds: holdBaseSeconds * 1000,
    holdMaxMilliseconds: holdMaxSeconds * 1000,
  }
}

/** One wide line for each delivery attempt. */
function logAttempt(log: Log, { listener, call, sent, succeeded, ...attempt }: AttemptRecord): void {
  const line = {
    listener: listener.listenerName,
    service: listener.service,
    kind: call.kind,
    webhookId: call.webhookId,
    correlationId: call.correlationId,
    url: call.target.url,
    since: attempt.since ?? undefined,
    before: attempt.before ?? undefined,
    records: attempt.recordCount ?? undefined,
    bytes: call.body.length,
    attempt: attempt.attemptNumber,
    status: sent.kind === 'answered' ? sent.status : undefined,
    error: sent.kind === 'failed' ? `${sent.reason}: ${sent.message}` : undefined,
    ms: sent.durationMilliseconds,
  }
  if (succeeded) log.info(line, 'delivered')
  else log.warn(line, 'not delivered')
}
