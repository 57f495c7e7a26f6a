import { setTimeout as delay } from 'node:timers/promises'
import { isFolderFree } from './lock.ts'
import { readRunInfo } from './run-info.ts'
import { startEmbedded, type Embedded, type EmbeddedOptions } from './start.ts'

const PATIENCE_MS = 30_000

/**
 * The server of whoever uses the data folder now, e.g. a running service; nobody does: started here, until `stop`.
 * For commands that work beside a service. Throws `unusable` as startEmbedded does.
 */
export async function attachEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const deadline = performance.now() + PATIENCE_MS
  while (!isFolderFree(options.dataDir) && performance.now() < deadline) {
    const running = readRunInfo(options.dataDir)
    if (running)
      return { url: running.databaseUrl, ended: new Promise(() => {}), stop: () => Promise.resolve() }
    await delay(100) // it is starting or stopping
  }
  return startEmbedded(options)
}
