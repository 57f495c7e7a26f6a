import { loadConfig } from '../../src/config.ts'
import { createApi, type ApiOptions } from '../../src/http/api.ts'
import type { Api } from '../../src/http/room.ts'
import { listen } from '../../src/http/server.ts'
import { createLog, type Log } from '../../src/log.ts'
import { everybody } from './access.ts'
import { cleanUp } from './cleanUp.ts'

export interface ServedApi {
  readonly api: Api
  /** e.g. http://127.0.0.1:43210, no slash at the end. */
  readonly url: string
  readonly port: number
  close(withinMilliseconds: number): Promise<void>
}

/**
 * An API of some rooms alone, on a free port; closed after the test, describe or file it was called in.
 * `settings`: by dotted key, as for testApp.
 */
export async function serveApi(
  options: Partial<ApiOptions> & Pick<ApiOptions, 'rooms'>,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<ServedApi> {
  const config = loadConfig({ overrides: { port: 0, ...settings } })
  const log: Log = options.log ?? createLog('silent')
  const api = createApi({
    ...{ log, authenticate: everybody, roleFor: () => 'reader', readiness: () => Promise.resolve('ready') },
    ...{ proxies: config.proxies, limits: config.limits, hstsSeconds: config.tls?.hstsSeconds },
    ...options,
  })
  const { port, close } = await listen(api, config, log)
  cleanUp(() => close(0))
  return { api, url: `${config.tls ? 'https' : 'http'}://127.0.0.1:${port}`, port, close }
}
