import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { calendarYear, WEEK_STARTS } from '../../src/domain/calendar.ts'
import { addDays, displayDay, parseDay, weekday } from '../../src/domain/day.ts'
import { nextDay, passesMonth, placeIn } from '../../src/domain/virtualDate.ts'
import { generateCalendar } from '../../src/services/calendar/generate.ts'
import { advanceVirtualDate } from '../../src/services/vdate/advance.ts'
import { setVirtualDate } from '../../src/services/vdate/set.ts'
import { testDatabase } from '../support/index.ts'
import { PRIVATE, serveAll } from './harness.ts'

test('advanced day by day, the date stands where setting it anew would put it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4000 }),
      fc.integer({ min: 1, max: 800 }),
      fc.constantFrom(...WEEK_STARTS),
      (offset, days, weekStart) => {
        const months = Array.from({ length: 16 }, (_, index) => calendarYear(2010 + index, weekStart)).flat()
        const holding = (day: string) => months.findLast(({ firstDay }) => firstDay <= day)!
        const start = addDays('2010-02-01', offset)
        let date = placeIn(holding(start), start)
        for (let moved = 0; moved < days; moved++) {
          date = nextDay(date, passesMonth(date) ? holding(addDays(date.nextEom, 1)) : undefined)
        }
        const end = addDays(start, days)
        expect(date).toEqual(placeIn(holding(end), end))
        expect(weekday(date.nextEow)).toBe({ sat: 5, sun: 6, mon: 0 }[weekStart])
        expect(date.lastEow < date.vdate && date.vdate <= date.nextEow).toBe(true)
        expect(date.lastEom < date.vdate && date.vdate <= date.nextEom).toBe(true)
      },
    ),
    { numRuns: 40 },
  )
})

test('days are read strictly and shown as the document shows them', () => {
  const given = [
    '2024-02-29',
    '2023-02-29',
    '2024-13-01',
    '24-01-01',
    '0000-01-01',
    '2024-1-1',
    '2024-01-01T00:00',
  ]
  expect(given.map((text) => parseDay(text) !== undefined)).toEqual([
    true,
    false,
    false,
    false,
    false,
    false,
    false,
  ])
  expect(displayDay('2019-07-01')).toBe('01-Jul-2019')
})

test('before anybody has set the virtual date it answers 404, and cannot be moved', async () => {
  const database = await testDatabase()
  const { db } = database
  const { get } = await serveAll(database)
  for (const place of ['Common/vDate', 'Vdate/vdateDetail', 'EowRunSignal/EowRunSignalDetail']) {
    const { status, body } = await get(`${PRIVATE}/${place}`)
    expect([status, body]).toEqual([
      404,
      { status: 'ERROR', message: 'The virtual business date is not set' },
    ])
  }
  await expect(advanceVirtualDate(db, 1)).rejects.toThrow('not set')
  await expect(setVirtualDate(db, '2026-01-01')).rejects.toThrow('The calendar has no month for 2026-01-01')
})

describe('the virtual date', async () => {
  const database = await testDatabase()
  const { db } = database
  const { get } = await serveAll(database)
  const eow = async () => (await get(`${PRIVATE}/EowRunSignal/EowRunSignalDetail`)).body.eow

  describe('with a calendar of 2026', () => {
    beforeAll(() => generateCalendar(db, { from: 2026, years: 1, weekStart: 'sun' }))

    test('signals the end of the week on its last day alone, and rolls week and month when they pass', async () => {
      expect(await setVirtualDate(db, '2026-01-30')).toEqual({
        ...{ vdate: '2026-01-30', lastEow: '2026-01-24', nextEow: '2026-01-31' },
        ...{ lastEom: '2026-01-03', nextEom: '2026-01-31' },
      })
      expect(await eow()).toBe('N')
      await advanceVirtualDate(db, 1)
      expect(await eow()).toBe('Y')
      expect(await advanceVirtualDate(db, 1)).toEqual({
        ...{ vdate: '2026-02-01', lastEow: '2026-01-31', nextEow: '2026-02-07' },
        ...{ lastEom: '2026-01-31', nextEom: '2026-02-28' },
      })
      expect(await eow()).toBe('N')
      expect((await get(`${PRIVATE}/Common/vDate`)).body).toMatchObject({
        ...{ vdateDisplay: '01-Feb-2026', vdate: Date.UTC(2026, 1, 1) },
      })
    })

    test('moves not at all where the calendar ends on the way', async () => {
      await setVirtualDate(db, '2026-12-20')
      await expect(advanceVirtualDate(db, 30)).rejects.toThrow('The calendar has no month for 2027-01-03')
      expect((await get(`${PRIVATE}/Common/vDate`)).body.vdateDisplay).toBe('20-Dec-2026')
    })

    test('moves by as many days as all who move it at once ask for', async () => {
      await setVirtualDate(db, '2026-03-01')
      await Promise.all(Array.from({ length: 8 }, () => advanceVirtualDate(db, 3)))
      expect((await get(`${PRIVATE}/Vdate/vdateDetail`)).body[0].vdate).toBe('2026-03-25')
    })
  })
})
