import type { Day } from '../../domain/day.ts'

export interface CalendarTable {
  year_454: number
  month_454: number
  first_day: Day
  no_of_weeks: 4 | 5
}
