import * as calendar from '../../db/calendar.ts'
import type { Db } from '../../db/pool.ts'
import type { CalendarMonth } from '../../domain/calendar.ts'

/** The months of a year, or of all years that the calendar has, in order. */
export function listCalendar(db: Db, year: number | null): Promise<readonly CalendarMonth[]> {
  return calendar.listCalendar(db, year)
}
