import { Request, Response, type Agent, type RequestInit } from 'undici'
import type { TlsMaterial } from '../domain/credential.ts'
import { parseRetryAfter } from '../domain/retryAfter.ts'
import { checkTargetUrl, type TargetRules } from '../domain/target.ts'
import { createAgents, type AgentRegistry } from './agents.ts'
import { readAnswer } from './answer.ts'
import type { Resolve } from './connector.ts'
import { raceSignal, type Deadline } from './deadline.ts'
import { failed, failureOf, type Failure } from './failure.ts'
import { createProxy } from './proxy.ts'

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
  /** A forward proxy that leads every connection, e.g. `http://user:password@proxy.example.com:3128`. */
  readonly proxy?: string | undefined
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
  /** What the connection shows and trusts. */
  readonly tls?: TlsMaterial | undefined
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
  /**
   * As fetch, behind the same guards, for token endpoints and the like: throws what went wrong, not wrapped. Answers up
   * to 256 KiB, as they come: what is compressed unasked stays so, and cannot swell.
   */
  fetch(url: string, init: RequestInit, tls?: TlsMaterial): Promise<Response>
  /** Drops every connection; calls still out end as `reset` or `aborted`. */
  close(): Promise<void>
}

export function createClient(options: ClientOptions): Client {
  const agents = createAgents({
    ...options,
    proxy: options.proxy === undefined ? undefined : createProxy(options.proxy, options.extraCa),
    timeoutMilliseconds: options.connectTimeoutMilliseconds,
    keepAliveMilliseconds: options.keepAliveMilliseconds ?? 4_000, // below the 5 s after which many servers hang up
  })
  return {
    post: (request, deadline) => post(agents, request, deadline, options),
    fetch: async (url, init, tls) => {
      const check = checkTargetUrl(url, options.rules)
      if (check.kind === 'refused') throw new RefusedTarget(check.reason)
      return fetchOnce(agents.of(tls).tokens, check.url, url, init)
    },
    close: () => agents.close(),
  }
}

/** The URL of a fetch breaks the rules for targets; the message says which. */
export class RefusedTarget extends Error {
  constructor(reason: string) {
    super(`The URL ${reason}`)
    this.name = 'RefusedTarget'
  }
}

async function fetchOnce(agent: Agent, url: URL, written: string, init: RequestInit): Promise<Response> {
  const request = new Request(url.href, init)
  const { signal, method } = request
  const body = Buffer.from(await request.arrayBuffer())
  const headers = { ...Object.fromEntries(request.headers), 'accept-encoding': 'identity' }
  const path = pathOf(url, written)
  const work = async () => {
    const answer = await agent.request({
      ...{ origin: url.origin, path, method, headers, signal },
      body: body.length > 0 ? body : null,
    })
    const bytes = await answer.body.arrayBuffer()
    const { statusCode: status } = answer
    const pairs = Object.entries(answer.headers).flatMap(([name, value = '']) =>
      [value].flat().map((one): [string, string] => [name, one]),
    )
    return new Response(bytes.byteLength > 0 ? bytes : null, { status, headers: pairs })
  }
  return raceSignal(work(), signal)
}

async function post(
  agents: AgentRegistry,
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
      agents.of(request.tls).calls.request({
        origin: url.origin,
        path: pathOf(url, request.url),
        method: 'POST',
        headers: { ...request.headers, 'accept-encoding': 'identity' },
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

/** The path, and the query as it was written: of that, only what HTTP forbids is encoded. */
function pathOf({ pathname }: URL, written: string): string {
  const from = written.indexOf('?')
  const query = from < 0 ? '' : written.slice(from).toWellFormed()
  return pathname + query.replaceAll(/[^\x21-\x7e]+|["<>]/gu, encodeURIComponent)
}
