import { addDays, dayOf, daysBetween, weekday, type Day } from './day.ts'

/**
 * The 4-5-4 calendar (merchandising facts, "Batch status, dates, calendar").
 *
 * The retail year ends on the Saturday nearest January 31 and begins, with February, on the day after. Its months
 * have 4, 5 and 4 weeks in turn, February first, and are numbered like the months of the ordinary year, so that
 * months 1 to 12 have 4, 4 and 5 weeks in turn. A year of 53 weeks gives its January a fifth: that is month 1 of the
 * calendar's next year.
 *
 * Where weeks start on Saturday or Monday, the same weeks begin a day earlier or later. So the years of 53 weeks are
 * the published ones whatever the choice: a reading of ours, the facts name the rule for Saturday ends alone.
 */
export interface CalendarMonth {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly firstDay: Day
  readonly weeks: 4 | 5
}

export const WEEK_STARTS = ['sat', 'sun', 'mon'] as const
export type WeekStart = (typeof WEEK_STARTS)[number]

export const CALENDAR_YEARS = { min: 1900, max: 9990 } as const

const SATURDAY = 6
/** February to December. */
const WEEKS_AFTER_JANUARY = [4, 5, 4, 4, 5, 4, 4, 5, 4, 4, 5] as const
const WEEKS_BEFORE_JANUARY = 48
const shift: Record<WeekStart, number> = { sat: -1, sun: 0, mon: 1 }

/** The twelve months of a year. */
export function calendarYear(year: number, weekStart: WeekStart): CalendarMonth[] {
  const january = addDays(retailYearStart(year - 1), WEEKS_BEFORE_JANUARY * 7)
  const weeksOfJanuary = daysBetween(january, retailYearStart(year)) === 35 ? 5 : 4
  let firstDay = addDays(january, shift[weekStart])
  return ([weeksOfJanuary, ...WEEKS_AFTER_JANUARY] as const).map((weeks, index) => {
    const month = { year, month: index + 1, firstDay, weeks }
    firstDay = addDays(firstDay, weeks * 7)
    return month
  })
}

/** The last day of a month. */
export function lastDay({ firstDay, weeks }: CalendarMonth): Day {
  return addDays(firstDay, weeks * 7 - 1)
}

/**
 * What is wrong with months in order of their first days: each must begin on the day after the one before has ended,
 * and be the next one by number. A sentence for the first fault, or undefined.
 */
export function calendarFault(months: readonly CalendarMonth[]): string | undefined {
  for (const [index, month] of months.entries()) {
    const before = months[index - 1]
    if (!before) continue
    const [name, nameBefore] = [nameOf(month), nameOf(before)]
    if (addDays(lastDay(before), 1) !== month.firstDay) {
      return `${name} begins on ${month.firstDay}, but ${nameBefore} before it ends on ${lastDay(before)}`
    }
    if (month.year * 12 + month.month !== before.year * 12 + before.month + 1) {
      return `${name} follows ${nameBefore}`
    }
  }
  return undefined
}

function nameOf({ year, month }: CalendarMonth): string {
  return `month ${month} of ${year}`
}

/** The Sunday after the Saturday nearest January 31 of that year. */
function retailYearStart(year: number): Day {
  const end = dayOf(year, 1, 31)
  const after = (SATURDAY - weekday(end) + 7) % 7
  return addDays(end, (after <= 3 ? after : after - 7) + 1)
}
