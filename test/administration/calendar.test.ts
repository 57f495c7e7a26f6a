import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  calendarFault,
  calendarYear,
  lastDay,
  WEEK_STARTS,
  type WeekStart,
} from '../../src/domain/calendar.ts'
import { addDays, daysBetween, weekday } from '../../src/domain/day.ts'
import { loadKinds } from '../../src/services/load/kinds.ts'
import { loadFile } from '../../src/services/load/load.ts'
import { exampleFile } from '../../src/services/load/examples.ts'
import { generateCalendar } from '../../src/services/calendar/generate.ts'
import { testDatabase } from '../support/index.ts'
import { OPERATIONS, serveAll } from './harness.ts'

const years = fc.integer({ min: 2000, max: 2100 })
const weekStarts = fc.constantFrom(...WEEK_STARTS)
const firstWeekday: Record<WeekStart, number> = { sat: 6, sun: 0, mon: 1 }
/** Days by which weeks begin later than on Sunday. */
const shift: Record<WeekStart, number> = { sat: -1, sun: 0, mon: 1 }

/** By looking at every day: the Saturday nearest January 31. */
function saturdayNearestJanuaryEnd(year: number): string {
  const near = [-3, -2, -1, 0, 1, 2, 3].map((days) => addDays(`${year}-01-31`, days))
  return near.find((day) => weekday(day) === 6)!
}

describe('the rules, from 2000 to 2100 and whatever day weeks start on', () => {
  test('a year has twelve months of 4, 4 and 5 weeks in turn; only its first may have a fifth instead', () => {
    fc.assert(
      fc.property(years, weekStarts, (year, weekStart) => {
        const months = calendarYear(year, weekStart)
        expect(months.map(({ month }) => month)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
        expect(months.slice(1).map(({ weeks }) => weeks)).toEqual([4, 5, 4, 4, 5, 4, 4, 5, 4, 4, 5])
        expect(months.every((month) => month.year === year)).toBe(true)
      }),
    )
  })

  test('every month begins on the week day, and is that of its first day and fifteen more', () => {
    fc.assert(
      fc.property(years, weekStarts, (year, weekStart) => {
        for (const { month, firstDay } of calendarYear(year, weekStart)) {
          expect(weekday(firstDay)).toBe(firstWeekday[weekStart])
          expect(addDays(firstDay, 15).slice(0, 7)).toBe(`${year}-${String(month).padStart(2, '0')}`)
        }
      }),
    )
  })

  test('years join without a gap or an overlap', () => {
    fc.assert(
      fc.property(years, weekStarts, (year, weekStart) => {
        const months = [...calendarYear(year, weekStart), ...calendarYear(year + 1, weekStart)]
        expect(calendarFault(months)).toBeUndefined()
      }),
    )
  })

  test('the retail year ends with January, on the Saturday nearest January 31 where weeks start on Sunday', () => {
    fc.assert(
      fc.property(years, weekStarts, (year, weekStart) => {
        const [january] = calendarYear(year, weekStart)
        const end = addDays(saturdayNearestJanuaryEnd(year), shift[weekStart])
        expect(lastDay(january!)).toBe(end)
      }),
    )
  })

  test('a January has five weeks when 53 weeks lie between two such Saturdays', () => {
    fc.assert(
      fc.property(years, weekStarts, (year, weekStart) => {
        const days = daysBetween(saturdayNearestJanuaryEnd(year - 1), saturdayNearestJanuaryEnd(year))
        expect([calendarYear(year, weekStart)[0]!.weeks, days / 7]).toBeOneOf([
          [4, 52],
          [5, 53],
        ])
      }),
    )
  })
})

test.for(WEEK_STARTS)('the published years of 53 weeks come out, weeks starting on %s', (weekStart) => {
  const long = Array.from({ length: 36 }, (_, index) => 2000 + index).filter(
    (year) => calendarYear(year, weekStart)[0]!.weeks === 5,
  )
  // 53-week retail years 2000, 2006, 2012, …: their January belongs to the next year of the calendar.
  expect(long).toEqual([2001, 2007, 2013, 2018, 2024, 2029, 2035])
})

test('the published months come out', () => {
  expect(calendarYear(2022, 'sun').slice(0, 2)).toEqual([
    { year: 2022, month: 1, firstDay: '2022-01-02', weeks: 4 },
    { year: 2022, month: 2, firstDay: '2022-01-30', weeks: 4 },
  ])
  expect(calendarYear(2007, 'sun')[0]).toEqual({ year: 2007, month: 1, firstDay: '2006-12-31', weeks: 5 })
})

describe('the table', async () => {
  const database = await testDatabase()
  const { get } = await serveAll(database)
  const ask = async (year?: number) =>
    (await get(`${OPERATIONS}/calendar${year ? `?year=${year}` : ''}`)).body

  test('is filled by the rules, filled again with other years, and answers them in order', async () => {
    await generateCalendar(database.db, { from: 2022, years: 2, weekStart: 'sun' })
    await generateCalendar(database.db, { from: 2020, years: 3, weekStart: 'sun' })
    const all = await ask()
    expect(all).toHaveLength(48)
    expect(all).toEqual(
      [2020, 2021, 2022, 2023]
        .flatMap((year) => calendarYear(year, 'sun'))
        .map(({ year, month, firstDay, weeks }) => ({ year, month, noOfWeeks: weeks, firstDay })),
    )
    expect(await ask(2023)).toEqual(all.slice(36))
    expect(await ask(1999)).toEqual([])
  })

  test('refuses months that do not join the others, and keeps those', async () => {
    const before = await ask()
    const generate = (from: number, years: number, weekStart: WeekStart) =>
      generateCalendar(database.db, { from, years, weekStart })
    await expect(generate(2023, 1, 'mon')).rejects.toThrow(
      'month 1 of 2023 begins on 2023-01-02, but month 12 of 2022 before it ends on 2022-12-31',
    )
    await expect(generate(2025, 1, 'sun')).rejects.toThrow(/month 1 of 2025 begins on .*month 12 of 2023/)
    expect(await ask()).toEqual(before)
    await generate(2020, 4, 'sat')
    expect((await ask())[0]).toEqual({ year: 2020, month: 1, noOfWeeks: 4, firstDay: '2020-01-04' })
  })

  test('takes the example file, which is what the rules make', async () => {
    const other = await testDatabase()
    await loadFile(other.db, loadKinds['calendar']!, { file: exampleFile('calendar.csv') })
    const rows = await other.run('select * from merch.calendar order by first_day')
    expect(rows).toHaveLength(252)
    const generated = await testDatabase()
    await generateCalendar(generated.db, { from: 2015, years: 21, weekStart: 'sun' })
    expect(await generated.run('select * from merch.calendar order by first_day')).toEqual(rows)
  })
})
