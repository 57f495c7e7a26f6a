import { uncaptureTable } from '../services/capture/index.ts'
import type { Register } from './command.ts'

/** Ends the publishing of a captured table. */
export const registerUncapture: Register = (program, context) => {
  program
    .command('uncapture')
    .summary('stop publishing a captured table')
    .description(
      'Drops the triggers, the functions, the change table and the service. The table itself stays as it is.\n' +
        'Refused while a listener is registered for the service.',
    )
    .requiredOption('--service <name>', 'the name of the service')
    .action(({ service }: { service: string }) =>
      context.withDatabase(async ({ engineDb }) => {
        await uncaptureTable(engineDb, service, context.signal)
        context.print(`${service} is no longer published`)
      }),
    )
}
