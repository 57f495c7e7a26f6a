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

/** How long a call may wait for others to share a batch with. */
const GATHER_MILLISECONDS = 250
const AGAIN_MILLISECONDS = 2000
const BATCH = 500
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
  let waiting: AuditRow[] = []
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
        await write(batch)
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
      const row = toRow(call)
      waiting.push(row)
      bytes += sizeOf(row)
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

function toRow({ startedAt, request, response, ...call }: AuditedCall): AuditRow {
  return {
    ...call,
    auditId: randomUUID(),
    startedAt: fromMillis(startedAt),
    request: storable(request),
    response: storable(response),
  }
}

/** PostgreSQL's text holds no NUL and no half of a character, which a cut may leave. */
function storable(text: string | null): string | null {
  return text === null ? null : text.slice(0, KEPT).toWellFormed().replaceAll('\0', '\uFFFD')
}

function sizeOf(...rows: readonly (AuditRow | undefined)[]): number {
  const size = (row: AuditRow | undefined) =>
    300 + 2 * ((row?.request?.length ?? 0) + (row?.response?.length ?? 0))
  return rows.reduce((sum, row) => sum + size(row), 0)
}

/** PostgreSQL's class 22: the same batch would be refused for ever. */
function isOfData(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^22...$/.test(String(error.code))
}
