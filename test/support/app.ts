import { cleanUp } from './cleanUp.ts'
import { createApp, type App, type AppOverrides } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import { createLog } from '../../src/log.ts'
import { ADMIN_KEY } from './access.ts'
import { scratch } from './scratch.ts'

/**
 * The whole app in this process, on a free port and a given database; started, and stopped after the
 * test, describe or file it was called in. `settings`: by dotted key, e.g. { 'engine.sweepIntervalMilliseconds': 50 }.
 */
export async function testApp(
  databaseUrl: string,
  settings: Readonly<Record<string, unknown>> = {},
  overrides: AppOverrides = {},
): Promise<App> {
  const config = loadConfig({
    overrides: { port: 0, databaseUrl, dataDir: scratch(), adminKey: ADMIN_KEY, ...settings },
  })
  const app = createApp(config, createLog('error', process.stderr), overrides)
  cleanUp(() => app.stop())
  await app.start()
  return app
}
