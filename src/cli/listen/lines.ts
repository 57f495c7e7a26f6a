import type { WindowEdges } from './chain.ts'
import type { Followed } from './listener.ts'
import type { Applied } from './replica.ts'
import type { Happening, Report, TakenPage } from './report.ts'

/** One readable line for what happened, without the time. */
export function lineOf(event: Happening): string {
  switch (event.kind) {
    case 'call': {
      const head = [event.type.padEnd(9), event.listenerName, serviceOf(event)]
      if (event.duplicate) return join(...head, 'repeated, dropped')
      if (event.page) return join(...head, ...pageWords(event.page), moreWord(event.page))
      return join(...head, event.window && windowOf(event.window))
    }
    case 'pulled':
      return join(
        '  pulled '.padEnd(9),
        event.listenerName,
        serviceOf(event),
        ...pageWords(event.page),
        many(event.pages, 'page'),
      )
    case 'pullFailed':
      return join(
        '  FAILED '.padEnd(9),
        event.listenerName,
        serviceOf(event),
        windowOf(event.window),
        event.error,
      )
    case 'refused':
      return join(`answered ${event.status}`, event.reason)
  }
}

/** What a run comes to, in lines. */
export function summaryOf(report: Report, listeners: readonly Followed[]): string[] {
  const { calls, applied, windows, gaps, failedPulls } = report
  return [
    `calls       ${number(calls.HEARTBEAT)} HEARTBEAT, ${number(calls.EVENT)} EVENT, ${number(calls.PAYLOAD)} PAYLOAD`,
    `answers     ${number(report.failedOnPurpose)} errors on purpose, ${number(report.refused)} calls refused`,
    `records     ${number(applied.upserts)} inserted or updated, ${number(applied.deletes)} deleted`,
    `duplicates  ${many(report.duplicates, 'call')}, dropped by webhook-id; ${many(applied.repeated, 'record')} repeated`,
    `order       ${many(applied.outOfOrder, 'record')} older than what was there`,
    `windows     ${many(windows.replay, 'replay')}, ${number(windows.restart)} cut short, ${many(gaps.length, 'gap')}`,
    ...gaps.map(
      ({ listenerName, from, to }) =>
        `  gap       ${listenerName}: nothing came for ${windowOf({ since: from, before: to })}`,
    ),
    ...failedPulls.map((error) => `  failed    ${error}`),
    ...(applied.unkeyed > 0
      ? [`no key      ${many(applied.unkeyed, 'record')} left out: name the key with --key`]
      : []),
    ...listeners.map(
      (one) =>
        `holds       ${many(one.replica.live().size, 'record')} of ${one.listenerName}${one.chain ? ` up to ${one.chain.before}` : ''}`,
    ),
  ]
}

function serviceOf({ listenerName, service }: { listenerName: string; service: string }): string | undefined {
  return service === listenerName ? undefined : service
}

function pageWords({ records, window, step, expected, applied }: TakenPage): (string | undefined)[] {
  return [many(records, 'record'), windowOf(window), stepWord(step, expected), ...troubleWords(applied)]
}

function moreWord({ hasMore }: TakenPage): string | undefined {
  return hasMore ? 'more to come' : undefined
}

function stepWord(step: TakenPage['step'], expected: string): string | undefined {
  switch (step) {
    case 'gap':
      return `GAP: expected since ${expected}`
    case 'replay':
      return 'replay'
    case 'restart':
      return 'starts again'
    case 'first':
    case 'page':
    case 'next':
      return undefined
  }
}

function troubleWords({ repeated, outOfOrder, unkeyed }: Applied): string[] {
  return [
    ...(repeated > 0 ? [`${number(repeated)} REPEATED`] : []),
    ...(outOfOrder > 0 ? [`${number(outOfOrder)} OUT OF ORDER`] : []),
    ...(unkeyed > 0 ? [`${number(unkeyed)} WITHOUT KEY`] : []),
  ]
}

/** `(since, before]`, the day once where both have it. */
function windowOf({ since, before }: WindowEdges): string {
  const sameDay = since.slice(0, 10) === before.slice(0, 10)
  return `(${since}, ${sameDay ? before.slice(11) : before}]`
}

function join(...words: (string | undefined)[]): string {
  return words.filter((word) => word !== undefined).join('  ')
}

function many(count: number, what: string): string {
  return `${number(count)} ${what}${count === 1 ? '' : 's'}`
}

function number(count: number): string {
  return count.toLocaleString('en')
}
