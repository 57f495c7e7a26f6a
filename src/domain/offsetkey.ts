import { createHash } from 'node:crypto'
import type { FilterValue } from './filter.ts'
import { EPOCH, toIsoMillis, type Instant } from './instant.ts'
import type { Position } from './window.ts'

/**
 * The publish API's `offsetkey`: the place after a page's last record, e.g.
 * `2026-11-20T20:46:00.123456Z.q3Zt0bXw.S,1001,100045` (changed at, check, key). To its users it is opaque; the
 * check ties it to the service, window and filters of the run it belongs to, so that one from another run is
 * refused instead of skipping records. It is no secret: who forges one misleads nobody but himself.
 */
export interface OffsetScope {
  readonly service: string
  readonly since: Instant
  readonly before: Instant
  readonly filters: readonly FilterValue[]
}

export function formatOffsetkey(position: Position, scope: OffsetScope): string {
  return `${position.changedAt}.${check(position, scope)}.${position.key}`
}

/** The position, or undefined for garbage and for an offsetkey of another service, window or choice of filters. */
export function parseOffsetkey(offsetkey: string, scope: OffsetScope): Position | undefined {
  const parts = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)\.([\w-]{8})\.(.*)$/s.exec(offsetkey)
  if (!parts) return undefined
  const position = { changedAt: parts[1] ?? '', key: parts[3] ?? '' }
  if (!exists(position.changedAt) || position.key.includes('\0')) return undefined
  return parts[2] === check(position, scope) ? position : undefined
}

// PostgreSQL would refuse February 30, and a refusal there is no answer to a caller's mistake.
function exists(instant: Instant): boolean {
  const millis = Date.parse(toIsoMillis(instant))
  return (
    instant >= EPOCH && Number.isFinite(millis) && new Date(millis).toISOString() === toIsoMillis(instant)
  )
}

function check(position: Position, { service, since, before, filters }: OffsetScope): string {
  const asked = filters.map(({ filter, value }) => JSON.stringify([filter.name, value])).sort()
  const bound = JSON.stringify([position.changedAt, position.key, service, since, before, asked])
  return createHash('sha256').update(bound).digest('base64url').slice(0, 8)
}
