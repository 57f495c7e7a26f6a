/**
 * A moment as text: UTC, always six fraction digits, e.g. `2026-11-20T20:46:00.123456Z`.
 * Fixed width, so that comparing the text compares the moments; microseconds, because positions in a
 * change table are exact and a JavaScript Date is not.
 */
export type Instant = string

/** 1970: where a listener starts that was given no since. */
export const EPOCH: Instant = '1970-01-01T00:00:00.000000Z'

/** From milliseconds since 1970. */
export function fromMillis(ms: number): Instant {
  return `${new Date(ms).toISOString().slice(0, 23)}000Z`
}

/** To milliseconds since 1970, microseconds cut off. */
export function toMillis(instant: Instant): number {
  return Date.parse(`${instant.slice(0, 23)}Z`)
}

/** The form shown to people and sent to listeners: milliseconds, `2026-11-20T20:46:00.123Z`. */
export function toIsoMillis(instant: Instant): string {
  return `${instant.slice(0, 23)}Z`
}

/** Moves by whole milliseconds and keeps the microseconds. */
export function addMillis(instant: Instant, ms: number): Instant {
  return `${new Date(toMillis(instant) + ms).toISOString().slice(0, 23)}${instant.slice(23)}`
}

/** The earlier of two. */
export function earlier(a: Instant, b: Instant): Instant {
  return a < b ? a : b
}

/** The later of two. */
export function later(a: Instant, b: Instant): Instant {
  return a > b ? a : b
}

/**
 * From PostgreSQL's text form (DateStyle ISO, TimeZone UTC): `2026-11-20 20:46:00.1234+00`.
 * Throws RangeError on anything else: infinities and years beyond 9999 have no place here.
 */
export function fromPostgres(text: string): Instant {
  const parts = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\+00$/.exec(text)
  if (!parts) throw new RangeError(`not a UTC timestamp of PostgreSQL: ${text}`)
  return `${parts[1]}T${parts[2]}.${(parts[3] ?? '').padEnd(6, '0')}Z`
}

/**
 * From what a caller may write: an ISO 8601 date-time with a zone, fraction of 0 to 3 digits
 * (document 004: `YYYY-MM-DDTHH:mm:ss.SSSZ`; an offset such as `+01:00` is accepted too).
 * Undefined when it is not one, names a day that does not exist, or lies outside the years 1970 to 9998.
 */
export function parseInstant(text: string): Instant | undefined {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d:\d\d(?:\.\d{1,3})?(?:Z|[+-]\d\d:\d\d)$/.exec(text)
  if (!parts) return undefined
  const ms = Date.parse(text)
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])]
  const exists = day <= new Date(Date.UTC(year, month, 0)).getUTCDate()
  return Number.isFinite(ms) && exists && ms >= 0 && year <= 9998 ? fromMillis(ms) : undefined
}
