import type { Config } from '../config.ts'
import { createClient, type Client } from '../outbound/client.ts'

/** The one client for whatever leaves the process, as the settings guard it. */
export function openClient({ targets, outgoing, engine }: Config): Client {
  return createClient({
    rules: targets,
    proxy: outgoing.proxy,
    connectionsPerHost: engine.perHostConcurrency,
    connectTimeoutMilliseconds: engine.connectTimeoutMilliseconds,
    maxAnswerKilobytes: engine.maxAnswerKilobytes,
    clock: Date.now,
  })
}
