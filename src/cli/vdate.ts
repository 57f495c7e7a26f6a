import { parseDay } from '../domain/day.ts'
import { isEndOfMonth, isEndOfWeek, type VirtualDate } from '../domain/virtualDate.ts'
import { advanceVirtualDate } from '../services/vdate/advance.ts'
import { setVirtualDate } from '../services/vdate/set.ts'
import { virtualDate } from '../services/vdate/show.ts'
import { usage, type Register } from './command.ts'

const MOST_DAYS = 3660

/** Shows and moves the virtual business date. */
export const registerVdate: Register = (program, context) => {
  const vdate = program.command('vdate').summary('show and move the virtual business date')
  vdate
    .command('show')
    .summary('the date, with the ends of its week and month')
    .action(() =>
      context.withDatabase(async ({ engineDb }) => context.print(describe(await virtualDate(engineDb)))),
    )
  vdate
    .command('set')
    .argument('<date>', 'YYYY-MM-DD, a day that the calendar has')
    .summary('set it; the ends of its week and month come from the calendar')
    .action((text: string) => {
      const day = parseDay(text)
      if (day === undefined) throw usage(`the date must be a day such as 2026-11-20: ${text}`)
      return context.withDatabase(async ({ engineDb }) =>
        context.print(describe(await setVirtualDate(engineDb, day))),
      )
    })
  vdate
    .command('advance')
    .option('--days <number>', 'how many', '1')
    .summary('move it on as the nightly batch does')
    .action(({ days: text }: { days: string }) => {
      const days = /^\d{1,4}$/.test(text) ? Number(text) : 0
      if (days < 1 || days > MOST_DAYS) throw usage(`--days must be from 1 to ${MOST_DAYS}: ${text}`)
      return context.withDatabase(async ({ engineDb }) =>
        context.print(describe(await advanceVirtualDate(engineDb, days))),
      )
    })
}

function describe(date: VirtualDate): string {
  const mark = (isEnd: boolean) => (isEnd ? ' (today)' : '')
  return [
    `vdate         ${date.vdate}`,
    `end of week   ${date.nextEow}${mark(isEndOfWeek(date))}, before ${date.lastEow}`,
    `end of month  ${date.nextEom}${mark(isEndOfMonth(date))}, before ${date.lastEom}`,
  ].join('\n')
}
