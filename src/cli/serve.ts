import { Option } from 'commander'
import { createApp, type Role } from '../app.ts'
import { unusable } from '../domain/errors.ts'
import { createLog } from '../log.ts'
import type { Register } from './command.ts'

/** Runs the service until a signal or a failure ends it. */
export const registerServe: Register = (program, context) => {
  program
    .command('serve')
    .summary('run the service')
    .description(
      'Runs the database (unless DATABASE_URL names one), the API and the engine until SIGTERM or Ctrl-C.\n' +
        'Any number of processes may serve one DATABASE_URL. One with --role engine answers /healthz and /readyz alone.',
    )
    .addOption(
      new Option('--role <role>', 'which part to run').choices(['all', 'api', 'engine']).default('all'),
    )
    .action(async ({ role }: { role: Role }) => {
      const config = context.config()
      const log = createLog(config.logLevel)
      const app = createApp(config, log, { role })
      const told = once(context.signal)
      try {
        await app.start()
        const reason = await Promise.race([told, app.failed])
        if (reason !== undefined) throw unusable(`Sincewire stops: ${reason}`)
        log.info('stopping')
      } finally {
        await app.stop()
      }
    })
}

/** Resolves when the signal is aborted. */
function once(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}
