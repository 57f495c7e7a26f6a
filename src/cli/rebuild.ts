import type { RefreshOrder } from '../domain/refresh.ts'
import { refreshNow } from '../services/refresh/now.ts'
import { usage, type Register } from './command.ts'

interface Options {
  readonly service: string
  readonly silent?: true
  readonly bump?: true
  readonly truncate?: true
  readonly key?: readonly string[]
}

/** Makes the documents of a captured service anew: files a refresh request and carries it out. */
export const registerRebuild: Register = (program, context) => {
  program
    .command('rebuild')
    .summary("make a captured service's documents anew")
    .description(
      'Compares every record with its table while writers go on, and puts right what differs. Run it after\n' +
        'attaching, detaching or adding partitions, after triggers were disabled, and after changing a view.\n' +
        'It is a refresh request: one that is cut short is gone on with by a running service.',
    )
    .requiredOption('--service <name>', 'the name of the service')
    .option('--silent', 'documents that differ are put right, but not published again')
    .option('--bump', 'every record is published again, changed or not')
    .option('--truncate', 'every record is replaced by a new one, published as INSERT unless --silent')
    .option('--key <key>', 'only this record (repeatable); parts are joined by commas', collect)
    .action((options: Options) =>
      context.withDatabase(async ({ engineDb }) => {
        const order = orderOf(options)
        const progress = context.progress('rebuilding')
        try {
          const { changed } = await refreshNow(engineDb, order, {
            onProgress: ({ done, total }) => progress.update(done, total),
            signal: context.signal,
          })
          progress.stop()
          context.print(`${order.service} is rebuilt: ${changed} records written`)
        } finally {
          progress.stop()
        }
      }),
    )
}

function orderOf({ service, silent, bump, truncate, key }: Options): RefreshOrder {
  if (silent && bump) throw usage('--silent and --bump exclude each other')
  return {
    ...{ service, action: 'REFRESH', keys: key ?? null },
    refreshType: truncate ? 'TRUNCATE_AND_LOAD' : 'REBUILD',
    republish: silent ? 'NONE' : bump ? 'ALL' : null,
  }
}

function collect(key: string, before: readonly string[] = []): readonly string[] {
  return [...before, key]
}
