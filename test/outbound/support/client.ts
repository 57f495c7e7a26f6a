import { afterAll } from 'vitest'
import { createClient, type Client, type ClientOptions } from '../../../src/outbound/client.ts'
import { startDeadline } from '../../../src/outbound/deadline.ts'

export type Reply = Awaited<ReturnType<Client['post']>>

/** A client that may call 127.0.0.1 by http, unless the options say otherwise; closed after the file's tests. */
export function testClient(options: Partial<ClientOptions> = {}): Client {
  const client = createClient({
    rules: { allow: [], allowHttp: ['127.0.0.1'] },
    connectionsPerHost: 8,
    connectTimeoutMilliseconds: 5_000,
    maxAnswerKilobytes: 64,
    clock: Date.now,
    ...options,
  })
  afterAll(() => client.close())
  return client
}

export interface PostOptions {
  readonly milliseconds?: number
  readonly signal?: AbortSignal
  readonly headers?: Record<string, string>
  readonly body?: Buffer
  readonly secrets?: readonly string[]
}

/** One post under a deadline of its own (default 10 s). */
export async function post(client: Client, url: string, options: PostOptions = {}): Promise<Reply> {
  const { milliseconds = 10_000, signal = new AbortController().signal } = options
  using deadline = startDeadline(milliseconds, signal)
  const { headers = {}, body = Buffer.from('{}'), secrets = [] } = options
  return await client.post({ url, headers, body, secrets }, deadline)
}
