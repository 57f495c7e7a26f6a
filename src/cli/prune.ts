import { pruneNow } from '../services/prune/run.ts'
import type { Register } from './command.ts'

/** Removes what is older than the retention settings say. A running service does so once an hour. */
export const registerPrune: Register = (program, context) => {
  program
    .command('prune')
    .summary('remove what is older than it must be kept')
    .description(
      'Attempts, audited calls, ticks, deleted records, history and finished requests, as the settings under\n' +
        'retention say. A running service does so once an hour.',
    )
    .option('--despite-listeners', 'deleted records also where a listener has not heard of the delete')
    .action(({ despiteListeners }: { despiteListeners?: true }) =>
      context.withDatabase(async ({ engineDb }, { retention }) => {
        const asked = despiteListeners === true || retention.tombstonesDespiteListeners
        const gone = await pruneNow(engineDb, { ...retention, tombstonesDespiteListeners: asked })
        const told = Object.entries(gone).map(([kind, count]) => `${kind} ${count}`)
        context.print(`removed: ${told.join(', ')}`)
      }),
    )
}
