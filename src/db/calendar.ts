import { sql, type Selectable } from 'kysely'
import type { CalendarMonth } from '../domain/calendar.ts'
import type { Day } from '../domain/day.ts'
import type { DbOrTx } from './pool.ts'
import type { CalendarTable } from './tables/calendar.ts'

/** The months of a year, or all, in order of their first days. */
export async function listCalendar(db: DbOrTx, year: number | null): Promise<CalendarMonth[]> {
  const rows = await db
    .selectFrom('merch.calendar')
    .selectAll()
    .$if(year !== null, (query) => query.where('year_454', '=', year))
    .orderBy('first_day')
    .execute()
  return rows.map(toMonth)
}

/** The last month that begins on that day or before, or undefined. */
export async function findMonthFrom(db: DbOrTx, day: Day): Promise<CalendarMonth | undefined> {
  const row = await db
    .selectFrom('merch.calendar')
    .selectAll()
    .where('first_day', '<=', day)
    .orderBy('first_day', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && toMonth(row)
}

/** Inserts months, in place of those of the same year and number. */
export async function saveCalendar(db: DbOrTx, months: readonly CalendarMonth[]): Promise<void> {
  await sql`insert into merch.calendar (year_454, month_454, first_day, no_of_weeks)
    select * from json_to_recordset(${JSON.stringify(months)}::json)
      as m(year integer, month integer, "firstDay" date, weeks integer)
    on conflict (year_454, month_454)
      do update set first_day = excluded.first_day, no_of_weeks = excluded.no_of_weeks`.execute(db)
}

/** Whoever changes the calendar waits here for the one before, until the transaction ends; readers do not. */
export async function lockCalendar(tx: DbOrTx): Promise<void> {
  await sql`lock table merch.calendar in share row exclusive mode`.execute(tx)
}

function toMonth(row: Selectable<CalendarTable>): CalendarMonth {
  return { year: row.year_454, month: row.month_454, firstDay: row.first_day, weeks: row.no_of_weeks }
}
