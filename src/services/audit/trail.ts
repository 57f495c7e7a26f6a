import { randomUUID } from 'node:crypto'
import type { AuditRow } from '../../db/audit.ts'
import { fromMillis } from '../../domain/instant.ts'

/** A call as the front door saw it. */
export interface AuditedCall {
  readonly correlationId: string
  readonly service: string
  readonly method: string
  readonly status: number
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly durationMilliseconds: number
  readonly request: string | null
  readonly response: string | null
}

export interface AuditTrail {
  /** Keeps a call for the next batch: no promise, nothing to wait for. */
  record(call: AuditedCall): void
  /** Resolves when everything recorded before is written. Throws what the last write threw. */
  flush(): Promise<void>
  /** How many calls were given up since the start. */
  readonly lost: number
}

export interface AuditTrailOptions {
  readonly write: (rows: readonly AuditRow[]) => Promise<void>
  /** A batch could not be written; it is tried again. */
  readonly onTrouble: (error: unknown) => void
  /** So many calls, the oldest, were given up. */
  readonly onLoss: (calls: number) => void
  readonly maxCalls?: number
  readonly maxBytes?: number
}

/** Made into a row only when it is written, as the answer waits until it is recorded. */
interface Waiting extends AuditedCall {
  readonly auditId: string
}

/** How long a call may wait for others to share a batch with. */
const GATHER_MILLISECONDS = 250
const AGAIN_MILLISECONDS = 2000
const BATCH = 100
/** Of a request and of an answer, in characters. */
const KEPT = 16 << 10

/**
 * Keeps audited calls in memory until a batch of them is written, a quarter of a second later, so that no answer
 * waits for its audit. Memory is bounded: when the database takes nothing for long, the oldest calls are given up, as
 * the services themselves are worth more than their audit; they are counted and told. A process that is killed loses
 * what it had gathered.
 */
export function createAuditTrail(options: AuditTrailOptions): AuditTrail {
  const { write, onTrouble, onLoss, maxCalls = 20_000, maxBytes = 32 << 20 } = options
  let waiting: Waiting[] = []
  let bytes = 0
  let lost = 0
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | undefined

  const giveUp = (calls: number) => {
    lost += calls
    onLoss(calls)
  }
  const trim = () => {
    let excess = 0
    while (waiting.length - excess > maxCalls || bytes > maxBytes) bytes -= sizeOf(waiting[excess++])
    if (excess === 0) return
    waiting = waiting.slice(excess)
    giveUp(excess)
  }
  const writeAll = async () => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, BATCH)
      waiting = waiting.slice(BATCH)
      bytes -= sizeOf(...batch)
      try {
        await write(batch.map(toRow))
      } catch (error) {
        if (isOfData(error)) giveUp(batch.length)
        else {
          waiting = [...batch, ...waiting]
          bytes += sizeOf(...batch)
          trim()
          throw error
        }
      }
    }
  }
  const start = () => (writing ??= writeAll().finally(() => (writing = undefined)))
  const schedule = (milliseconds: number) => {
    timer ??= setTimeout(() => {
      timer = undefined
      start().catch((error: unknown) => {
        onTrouble(error)
        schedule(AGAIN_MILLISECONDS)
      })
    }, milliseconds).unref()
  }

  return {
    record(call) {
      waiting.push({ ...call, auditId: randomUUID() })
      bytes += sizeOf(call)
      trim()
      schedule(GATHER_MILLISECONDS)
    },
    async flush() {
      // What is being written may have begun before the latest call was recorded.
      while (waiting.length > 0 || writing) await start()
    },
    get lost() {
      return lost
    },
  }
}

function toRow({ auditId, startedAt, durationMilliseconds, request, response, ...call }: Waiting): AuditRow {
  return {
    ...call,
    auditId,
    startedAt: fromMillis(startedAt),
    durationMilliseconds: Math.round(durationMilliseconds * 1000) / 1000,
    request: storable(request),
    response: storable(response),
  }
}

/** PostgreSQL's text holds no NUL and no half of a character, which a cut may leave. */
function storable(text: string | null): string | null {
  return text === null ? null : text.slice(0, KEPT).toWellFormed().replaceAll('\0', '\uFFFD')
}

function sizeOf(...calls: readonly (AuditedCall | undefined)[]): number {
  const size = (call: AuditedCall | undefined) =>
    300 + 2 * ((call?.request?.length ?? 0) + (call?.response?.length ?? 0))
  return calls.reduce((sum, call) => sum + size(call), 0)
}

/** PostgreSQL's class 22: the same batch would be refused for ever. */
function isOfData(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^22...$/.test(String(error.code))
}
