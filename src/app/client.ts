import type { Config } from '../config.ts'
import { createClient, type Client, type ClientOptions } from '../outbound/client.ts'

/** A client for what leaves the process, as the settings guard it: every one is made here. */
export function openClient(
  { targets, outgoing, engine }: Config,
  limits: Partial<Pick<ClientOptions, 'connectionsPerHost' | 'connectTimeoutMilliseconds'>> = {},
): Client {
  return createClient({
    rules: targets,
    proxy: outgoing.proxy,
    connectionsPerHost: engine.perHostConcurrency,
    connectTimeoutMilliseconds: engine.connectTimeoutMilliseconds,
    maxAnswerKilobytes: engine.maxAnswerKilobytes,
    clock: Date.now,
    ...limits,
  })
}
