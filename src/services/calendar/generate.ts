import type { Db } from '../../db/pool.ts'
import { calendarYear, type WeekStart } from '../../domain/calendar.ts'
import { joinCalendar, putMonths } from './save.ts'

export interface CalendarRange {
  /** The first year. */
  readonly from: number
  readonly years: number
  readonly weekStart: WeekStart
}

/**
 * Fills the calendar with these years by the rules, in place of what it has of them, and returns how many months they
 * are. Throws `refused` when they do not join the years that the calendar has besides.
 */
export async function generateCalendar(db: Db, { from, years, weekStart }: CalendarRange): Promise<number> {
  const months = Array.from({ length: years }, (_, index) => calendarYear(from + index, weekStart)).flat()
  await db.transaction().execute(async (tx) => {
    await putMonths(tx, months)
    await joinCalendar(tx)
  })
  return months.length
}
