import { Option } from 'commander'
import { CALENDAR_YEARS, WEEK_STARTS, type WeekStart } from '../domain/calendar.ts'
import { generateCalendar } from '../services/calendar/generate.ts'
import { usage, type Register } from './command.ts'

/** Fills the 4-5-4 calendar by its rules. */
export const registerCalendar: Register = (program, context) => {
  program
    .command('calendar')
    .summary('fill the 4-5-4 calendar')
    .command('generate')
    .summary('fill years by the rules, in place of what is there of them')
    .requiredOption('--from <year>', 'the first 4-5-4 year')
    .option('--years <number>', 'how many', '10')
    .addOption(
      new Option('--week-start <day>', 'the day on which weeks start').choices(WEEK_STARTS).default('sun'),
    )
    .action((options: { from: string; years: string; weekStart: WeekStart }) => {
      const from = wholeNumber('--from', options.from, CALENDAR_YEARS.min, CALENDAR_YEARS.max)
      const years = wholeNumber('--years', options.years, 1, CALENDAR_YEARS.max - from + 1)
      return context.withDatabase(async ({ engineDb }) => {
        const months = await generateCalendar(engineDb, { from, years, weekStart: options.weekStart })
        context.print(`The calendar has ${from} to ${from + years - 1}: ${months} months.`)
      })
    })
}

function wholeNumber(option: string, text: string, min: number, max: number): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : NaN
  if (!(value >= min && value <= max)) throw usage(`${option} must be from ${min} to ${max}: ${text}`)
  return value
}
