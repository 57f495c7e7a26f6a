import { listCalendar, lockCalendar, saveCalendar } from '../../db/calendar.ts'
import type { DbOrTx } from '../../db/pool.ts'
import { calendarFault, type CalendarMonth } from '../../domain/calendar.ts'
import { SincewireError } from '../../domain/errors.ts'

/** Puts months into the calendar, in place of those of the same year and number. Call `joinCalendar` at the end. */
export async function putMonths(tx: DbOrTx, months: readonly CalendarMonth[]): Promise<void> {
  await lockCalendar(tx)
  await saveCalendar(tx, months)
}

/** Throws `refused` when the calendar as a whole has a gap or an overlap. */
export async function joinCalendar(tx: DbOrTx): Promise<void> {
  const fault = calendarFault(await listCalendar(tx, null))
  if (fault !== undefined) {
    throw new SincewireError('refused', `The calendar would not be whole: ${fault}. Nothing was changed.`)
  }
}
