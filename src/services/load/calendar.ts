import { z } from 'zod'
import { CALENDAR_YEARS } from '../../domain/calendar.ts'
import { joinCalendar, putMonths } from '../calendar/save.ts'
import { dayCell, wholeCell } from './cells.ts'
import { loadKind } from './kind.ts'

/** A month, in the words of `GET …/operations/calendar`. The calendar must be whole afterwards. */
export const calendar = loadKind({
  record: z
    .strictObject({
      year: wholeCell(CALENDAR_YEARS.min, CALENDAR_YEARS.max),
      month: wholeCell(1, 12),
      noOfWeeks: wholeCell(4, 5),
      firstDay: dayCell(),
    })
    .transform(({ year, month, noOfWeeks, firstDay }) => ({
      ...{ year, month, firstDay, weeks: noOfWeeks === 5 ? (5 as const) : (4 as const) },
    })),
  key: ({ year, month }) => `${year}/${month}`,
  save: putMonths,
  finish: joinCalendar,
})
