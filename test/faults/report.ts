import type { Verdict } from './judge.ts'

/** What a run did and what came of it, as lines for people. */
export function reportLines(verdict: Verdict): string[] {
  const { faults, manners, stall, repeated, broken } = verdict
  return [
    line('faults injected', list(faults) || 'none'),
    ...(manners.size > 0 ? [line('receivers', list(manners))] : []),
    line('changes made', `${verdict.committed} transactions committed`),
    line(
      'delivered',
      `${verdict.records} records in ${verdict.calls} calls to ${verdict.receivers} receivers`,
    ),
    line('lost', String(broken.filter((words) => words.startsWith('lost')).length)),
    line('repeated', list(repeated) || '0'),
    line(
      'longest stall',
      `${(stall.milliseconds / 1000).toFixed(1)} s at ${stall.listenerName} (${stall.during.join(', ') || 'no fault'})`,
    ),
  ]
}

/** The promises that were not kept, the first of them. */
export function brokenLines(broken: readonly string[]): string[] {
  const lines = broken.slice(0, 20).map((words) => line('BROKEN', words))
  return broken.length > 20 ? [...lines, line('BROKEN', `and ${broken.length - 20} more`)] : lines
}

function line(name: string, words: string): string {
  return `  ${name.padEnd(16)}${words}`
}

function list(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')
}
