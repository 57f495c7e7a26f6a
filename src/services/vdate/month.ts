import { findMonthFrom } from '../../db/calendar.ts'
import type { DbOrTx } from '../../db/pool.ts'
import { lastDay, type CalendarMonth } from '../../domain/calendar.ts'
import type { Day } from '../../domain/day.ts'
import { SincewireError } from '../../domain/errors.ts'

/** The month of the calendar that holds a day. Throws `refused` when the calendar has none. */
export async function monthOf(tx: DbOrTx, day: Day): Promise<CalendarMonth> {
  const month = await findMonthFrom(tx, day)
  if (!month || lastDay(month) < day) {
    const words = `The calendar has no month for ${day}: fill it with sincewire calendar generate.`
    throw new SincewireError('refused', words)
  }
  return month
}
