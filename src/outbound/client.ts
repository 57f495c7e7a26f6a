import { Agent, fetch, type RequestInit, type Response } from 'undici'
import { parseRetryAfter } from '../domain/retryAfter.ts'
import { checkTargetUrl, type TargetRules } from '../domain/target.ts'
import { readAnswer } from './answer.ts'
import { guardedConnector, type Resolve } from './connector.ts'
import type { Deadline } from './deadline.ts'
import { failed, failureOf, type Failure } from './failure.ts'

export interface ClientOptions {
  readonly rules: TargetRules
  /** Connections to one origin, at most. */
  readonly connectionsPerHost: number
  /** An idle connection is kept that long, unless the receiver asks for less. */
  readonly keepAliveMilliseconds?: number
  /** A connection must be made within that time. */
  readonly connectTimeoutMilliseconds: number
  /** Of an answer, at most that much is read. */
  readonly maxAnswerKilobytes: number
  /** Milliseconds since 1970. */
  readonly clock: () => number
  /** Certificates trusted beside the usual ones, PEM. */
  readonly extraCa?: readonly string[]
  /** Replaces the system's resolver. */
  readonly resolve?: Resolve
}

export interface PostRequest {
  readonly url: string
  /** Values with characters that a header may not hold make the call fail; they are never sent. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** Texts that must not be kept should the receiver echo them. */
  readonly secrets: readonly string[]
}

export interface Answered {
  readonly kind: 'answered'
  readonly status: number
  /** From now; null when absent or unreadable. */
  readonly retryAfterMilliseconds: number | null
  /** The first 2 KiB. */
  readonly answer: string
}

/** The one HTTP client: guarded against calls into our own network, bounded in time, size and connections. */
export interface Client {
  /** Posts once; follows no redirect. Whatever happens on the network is a value, never a throw. */
  post(request: PostRequest, deadline: Deadline): Promise<Answered | Failure>
  /** undici's fetch behind the same guards, for token endpoints; throws as fetch does. Answers up to 256 KiB. */
  fetch(url: string, init: RequestInit): Promise<Response>
  /** Drops every connection; calls still out end as `reset` or `aborted`. */
  close(): Promise<void>
}

const MAX_TOKEN_ANSWER = 256 * 1024

export function createClient(options: ClientOptions): Client {
  const connect = guardedConnector({ ...options, timeoutMilliseconds: options.connectTimeoutMilliseconds })
  const common = {
    connect,
    allowH2: false,
    pipelining: 1,
    keepAliveTimeout: options.keepAliveMilliseconds ?? 4_000, // below the 5 s after which many servers hang up
    headersTimeout: 0, // the deadline rules: undici's own timers are coarse, and a drip resets them
    bodyTimeout: 0,
  }
  const agent = new Agent({ ...common, connections: options.connectionsPerHost })
  const tokenAgent = new Agent({ ...common, connections: 4, maxResponseSize: MAX_TOKEN_ANSWER })

  return {
    post: (request, deadline) => post(agent, request, deadline, options),
    fetch: (url, init) => {
      const check = checkTargetUrl(url, options.rules)
      if (check.kind === 'refused') return Promise.reject(new RefusedTarget(check.reason))
      return fetch(url, { ...init, redirect: 'manual', dispatcher: tokenAgent })
    },
    close: async () => {
      await Promise.all([agent.destroy(), tokenAgent.destroy()])
    },
  }
}

/** The URL of a fetch breaks the rules for targets; the message says which. */
export class RefusedTarget extends Error {
  constructor(reason: string) {
    super(`The URL ${reason}`)
    this.name = 'RefusedTarget'
  }
}

async function post(
  agent: Agent,
  request: PostRequest,
  deadline: Deadline,
  options: ClientOptions,
): Promise<Answered | Failure> {
  const check = checkTargetUrl(request.url, options.rules)
  if (check.kind === 'refused') return failed('blocked_target', `The URL ${check.reason}.`)
  const { url } = check
  const { signal } = deadline
  try {
    // The race, because undici hears the signal only once it has a connection for the request.
    const response = await deadline.race(
      agent.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: 'POST',
        headers: { 'accept-encoding': 'identity', ...request.headers },
        body: request.body,
        signal,
      }),
    )
    const retryAfter = response.headers['retry-after']
    return {
      kind: 'answered',
      status: response.statusCode,
      retryAfterMilliseconds: parseRetryAfter(
        typeof retryAfter === 'string' ? retryAfter : retryAfter?.[0],
        options.clock(),
      ),
      answer: await readAnswer(response.body, options.maxAnswerKilobytes * 1024, request.secrets),
    }
  } catch (error) {
    return signal.aborted ? failureOf(signal.reason, url.host) : failureOf(error, url.host)
  }
}
