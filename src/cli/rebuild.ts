import { rebuildService } from '../services/capture/index.ts'
import type { Register } from './command.ts'

/** Makes every document of a captured service anew. */
export const registerRebuild: Register = (program, context) => {
  program
    .command('rebuild')
    .summary("make a captured service's documents anew")
    .description(
      'Compares every record with its table while writers go on, and puts right what differs. Run it after\n' +
        'attaching, detaching or adding partitions, after triggers were disabled, and after changing a view.',
    )
    .requiredOption('--service <name>', 'the name of the service')
    .option('--silent', 'documents that differ are put right, but not published again')
    .option('--bump', 'every record is published again, changed or not')
    .action((options: { service: string; silent?: true; bump?: true }) =>
      context.withDatabase(async ({ engineDb }) => {
        const progress = context.progress('rebuilding')
        try {
          const { records } = await rebuildService(engineDb, {
            ...options,
            onProgress: ({ done, total }) => progress.update(done, total),
            signal: context.signal,
          })
          progress.stop()
          context.print(`${options.service} is rebuilt: ${records} records written`)
        } finally {
          progress.stop()
        }
      }),
    )
}
