import type { Change, ChangeFilter } from '../domain/change.ts'
import { parseInstant, toIsoMillis, type Instant } from '../domain/instant.ts'
import { listChangePage } from '../services/changes/list.ts'
import { followChanges, startFollowing } from '../services/changes/follow.ts'
import { pruneChangeLog } from '../services/changes/prune.ts'
import { usage, type CommandContext, type Register } from './command.ts'

interface Options {
  readonly object?: string
  readonly actor?: string
  readonly correlationId?: string
  readonly since?: string
  readonly before?: string
  readonly limit: string
  readonly json?: true
  readonly follow?: true
}

/** Reads the log of changes. */
export const registerChanges: Register = (program, context) => {
  const changes = program
    .command('changes')
    .summary('who changed what, when and from where')
    .description('Prints the log of changes, the latest last. Secrets are told as "set" and "changed".')
    .option('--object <kind[:name]>', 'only of these, e.g. listener or listener:bench/account')
    .option('--actor <name>', 'only by this one')
    .option('--correlation-id <id>', 'only of this call')
    .option('--since <moment>', 'at that moment or later, e.g. 2026-11-20T20:46:00Z')
    .option('--before <moment>', 'before that moment')
    .option('--limit <n>', 'the latest so many', '100')
    .option('--json', 'a JSON object a line')
    .option('--follow', 'go on with what is changed from now on, until Ctrl-C')
    .action((options: Options) => show(context, options))
  changes
    .command('prune')
    .summary("remove old entries: for the database's owner alone")
    .requiredOption('--older-than-days <n>', 'entries that are older')
    .action(({ olderThanDays }: { olderThanDays: string }) => {
      const days = whole('--older-than-days', olderThanDays, 36_500)
      return context.withDatabase(async ({ engineDb }) => {
        context.print(`${await pruneChangeLog(engineDb, days)} entries are removed`)
      })
    })
}

async function show(context: CommandContext, options: Options): Promise<void> {
  const filter = toFilter(options)
  const limit = whole('--limit', options.limit, 1_000_000)
  const tell = (change: Change) => context.print(options.json ? toJson(change) : describe(change))
  await context.withDatabase(async ({ engineDb }) => {
    const now = await startFollowing(engineDb)
    const { items } = await listChangePage(engineDb, { ...filter, limit, offset: null })
    for (const change of items.toReversed()) tell(change)
    if (!options.follow) return
    const told = new Set(items.map(({ changeId }) => changeId))
    await followChanges(engineDb, filter, {
      now,
      signal: context.signal,
      tell: (change) => void (told.has(change.changeId) || tell(change)),
    })
  })
}

function toFilter({ object, actor, correlationId, since, before }: Options): ChangeFilter {
  const [objectKind = null, ...name] = object?.split(':') ?? []
  return {
    ...{ objectKind, objectName: name.length === 0 ? null : name.join(':') },
    ...{ actor: actor ?? null, correlationId: correlationId ?? null },
    ...{ since: moment('--since', since), before: moment('--before', before) },
  }
}

function moment(option: string, text: string | undefined): Instant | null {
  if (text === undefined) return null
  const instant = parseInstant(text)
  if (instant === undefined) throw usage(`${option} must be a moment such as 2026-11-20T20:46:00Z`)
  return instant
}

function whole(option: string, text: string, most: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (value < 1 || value > most) throw usage(`${option} must be a whole number from 1 to ${most}`)
  return value
}

function toJson(change: Change): string {
  return JSON.stringify({ ...change, changedAt: toIsoMillis(change.changedAt) })
}

function describe(change: Change): string {
  const { actor, via, address, operation, objectKind, objectName, before, after } = change
  const what = [operation, objectKind, objectName].filter((word) => word !== '')
  const where = address === null ? '' : ` from ${address}`
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])]
  const values = names.flatMap((name) => {
    const [was, is] = [before?.[name], after?.[name]]
    // What a new object has not, and what one that goes had not, is no news.
    return was == null && is == null ? [] : [`${name} ${pair(was, is)}`]
  })
  return inOneLine(
    `${toIsoMillis(change.changedAt)}  ${actor} (${via}${where})  ${what.join(' ')}  ${values.join(', ')}`,
  )
}

function pair(before: unknown, after: unknown): string {
  if (before === undefined) return JSON.stringify(after)
  return after === undefined
    ? `was ${JSON.stringify(before)}`
    : `${JSON.stringify(before)} → ${JSON.stringify(after)}`
}

/** Names and values are other people's words: they cannot move the cursor or begin a line of their own. */
function inOneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '�')
}
