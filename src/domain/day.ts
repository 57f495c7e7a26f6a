/** A day of the calendar as text, `2026-11-20`: comparing the text compares the days. Years 0001 to 9999. */
export type Day = string

const MILLISECONDS = 86_400_000
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** From `YYYY-MM-DD`; undefined when it is not that or names a day that does not exist. */
export function parseDay(text: string): Day | undefined {
  if (!/^(?!0000)\d{4}-\d\d-\d\d$/.test(text)) return undefined
  const time = Date.parse(`${text}T00:00:00Z`)
  return Number.isFinite(time) && toDay(time) === text ? text : undefined
}

export function dayOf(year: number, month: number, day: number): Day {
  const [y, m, d] = [
    String(year).padStart(4, '0'),
    String(month).padStart(2, '0'),
    String(day).padStart(2, '0'),
  ]
  return `${y}-${m}-${d}`
}

/** Throws RangeError outside the years 0001 to 9999. */
export function addDays(day: Day, days: number): Day {
  const moved = toDay(epochMillis(day) + days * MILLISECONDS)
  if (moved.length !== 10 || moved < '0001')
    throw new RangeError(`${day} and ${days} days leave the calendar`)
  return moved
}

/** How many days `to` lies after `from`; negative before. */
export function daysBetween(from: Day, to: Day): number {
  return (epochMillis(to) - epochMillis(from)) / MILLISECONDS
}

/** 0 is Sunday, 6 Saturday. */
export function weekday(day: Day): number {
  return new Date(epochMillis(day)).getUTCDay()
}

/** Milliseconds from 1970 to the day's midnight in UTC. */
export function epochMillis(day: Day): number {
  return Date.parse(`${day}T00:00:00Z`)
}

/** As people of the retail world write it: `01-Jul-2019`. */
export function displayDay(day: Day): string {
  const [year, month, date] = day.split('-')
  return `${date}-${MONTHS[Number(month) - 1]}-${year}`
}

function toDay(time: number): Day {
  return new Date(time).toISOString().slice(0, 10)
}
