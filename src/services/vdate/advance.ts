import { lockVirtualDate, readVirtualDate, writeVirtualDate } from '../../db/period.ts'
import type { Db } from '../../db/pool.ts'
import { addDays } from '../../domain/day.ts'
import { notFound } from '../../domain/errors.ts'
import { nextDay, passesMonth, type VirtualDate } from '../../domain/virtualDate.ts'
import { monthOf } from './month.ts'

/**
 * Moves the virtual business date on, a day at a time as the nightly batch does, with the ends of week and month, in
 * one transaction. Throws `not_found` when no date is set, `refused` when the calendar ends before.
 */
export function advanceVirtualDate(db: Db, days: number): Promise<VirtualDate> {
  return db.transaction().execute(async (tx) => {
    await lockVirtualDate(tx)
    const now = await readVirtualDate(tx)
    if (!now) throw notFound('The virtual business date is not set: sincewire vdate set')
    let date = now
    for (let moved = 0; moved < days; moved++) {
      const monthAfter = passesMonth(date) ? await monthOf(tx, addDays(date.nextEom, 1)) : undefined
      date = nextDay(date, monthAfter)
    }
    await writeVirtualDate(tx, date)
    return date
  })
}
