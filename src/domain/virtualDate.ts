import { lastDay, type CalendarMonth } from './calendar.ts'
import { addDays, daysBetween, type Day } from './day.ts'

/** The virtual business date with the ends of its week and month (PERIOD and SYSTEM_VARIABLES). */
export interface VirtualDate {
  readonly vdate: Day
  readonly lastEow: Day
  readonly nextEow: Day
  readonly lastEom: Day
  readonly nextEom: Day
}

/** Whether the date is the last one of its week. */
export function isEndOfWeek({ vdate, nextEow }: VirtualDate): boolean {
  return vdate === nextEow
}

/** Whether the date is the last one of its 4-5-4 month. */
export function isEndOfMonth({ vdate, nextEom }: VirtualDate): boolean {
  return vdate === nextEom
}

/** The date as it stands in the month of the calendar that holds it. */
export function placeIn(month: CalendarMonth, vdate: Day): VirtualDate {
  const week = Math.floor(daysBetween(month.firstDay, vdate) / 7)
  const lastEow = addDays(month.firstDay, week * 7 - 1)
  return {
    ...{ vdate, lastEow, nextEow: addDays(lastEow, 7) },
    ...{ lastEom: addDays(month.firstDay, -1), nextEom: lastDay(month) },
  }
}

/** Whether the next day begins another month, whose end `nextDay` then has to know. */
export function passesMonth({ vdate, nextEom }: VirtualDate): boolean {
  return vdate >= nextEom
}

/**
 * What the nightly batch makes of it: the next day. Once the end of the week has passed it becomes the last one and
 * the next lies a week on; the same for the month. `monthAfter`: the month that begins after `nextEom`; asked for
 * only when it passes.
 */
export function nextDay(now: VirtualDate, monthAfter: CalendarMonth | undefined): VirtualDate {
  const vdate = addDays(now.vdate, 1)
  const week = { lastEow: now.lastEow, nextEow: now.nextEow }
  const month = { lastEom: now.lastEom, nextEom: now.nextEom }
  if (vdate > now.nextEow) Object.assign(week, { lastEow: now.nextEow, nextEow: addDays(now.nextEow, 7) })
  if (monthAfter) Object.assign(month, { lastEom: now.nextEom, nextEom: lastDay(monthAfter) })
  return { vdate, ...week, ...month }
}
