const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

// RFC 9110, section 5.6.7: the date in use, and the two old ones that a reader must still know.
const FIXED =
  /^[A-Z][a-z]{2}, (?<day>\d\d) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>\d\d:\d\d:\d\d) GMT$/
const RFC850 =
  /^[A-Z][a-z]{5,8}, (?<day>\d\d)-(?<month>[A-Z][a-z]{2})-(?<year>\d\d) (?<time>\d\d:\d\d:\d\d) GMT$/
const ASCTIME =
  /^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<time>\d\d:\d\d:\d\d) (?<year>\d{4})$/

/**
 * How long a Retry-After header (RFC 9110, section 10.2.3: seconds, or an HTTP date) asks us to wait,
 * in milliseconds from `now` (milliseconds since 1970). 0 for a date that has passed; null when the header is
 * absent or unreadable. It is not capped: the retry policy does that.
 */
export function parseRetryAfter(value: string | undefined, now: number): number | null {
  const text = value?.trim() ?? ''
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1000
  const at = parseHttpDate(text, now)
  return at === undefined ? null : Math.max(0, at - now)
}

function parseHttpDate(text: string, now: number): number | undefined {
  const parts = (FIXED.exec(text) ?? RFC850.exec(text) ?? ASCTIME.exec(text))?.groups
  if (!parts) return undefined
  const month = MONTHS.indexOf(parts['month'] ?? '') + 1
  const year = fullYear(parts['year'] ?? '', now)
  const day = (parts['day'] ?? '').trim().padStart(2, '0')
  const at = Date.parse(`${year}-${String(month).padStart(2, '0')}-${day}T${parts['time']}Z`)
  return Number.isNaN(at) ? undefined : at
}

/** A two-digit year that seems more than 50 years ahead is one of the century before (RFC 9110). */
function fullYear(text: string, now: number): string {
  if (text.length === 4) return text
  const thisYear = new Date(now).getUTCFullYear()
  const year = thisYear - (thisYear % 100) + Number(text)
  return String(year > thisYear + 50 ? year - 100 : year)
}
