import { lockVirtualDate, writeVirtualDate } from '../../db/period.ts'
import type { Db } from '../../db/pool.ts'
import type { Day } from '../../domain/day.ts'
import { placeIn, type VirtualDate } from '../../domain/virtualDate.ts'
import { monthOf } from './month.ts'

/** Sets the virtual business date; the ends of its week and month come from the calendar. Throws `refused` without. */
export function setVirtualDate(db: Db, vdate: Day): Promise<VirtualDate> {
  return db.transaction().execute(async (tx) => {
    await lockVirtualDate(tx)
    const date = placeIn(await monthOf(tx, vdate), vdate)
    await writeVirtualDate(tx, date)
    return date
  })
}
