import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cleanUp } from './cleanUp.ts'

/** One request as it arrived. */
export interface Call {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** The body as JSON; throws if it is none. */
  json<T = Record<string, unknown>>(): T
  /** performance.now() when the body was complete. */
  readonly at: number
  /** Position among this receiver's calls, from 0. */
  readonly index: number
}

/** What a call gets. Default: 200 with an empty body, at once. */
export interface Answer {
  readonly status?: number
  readonly headers?: Record<string, string>
  readonly body?: string | Buffer
  /** Not before this resolves. */
  readonly after?: Promise<unknown>
  /** reset: the connection is cut instead; hang: no answer ever (until the receiver closes). */
  readonly instead?: 'reset' | 'hang'
}

type Answers = Answer | ((call: Call) => Answer | Promise<Answer>)

export interface Receiver {
  /** e.g. http://127.0.0.1:43210, no slash at the end. */
  readonly url: string
  readonly port: number
  readonly calls: Call[]
  /** From now on, every call without an answer of its own. */
  answer(answer: Answers): void
  /** The next calls, one each, in order. */
  answerNext(...answers: Answers[]): void
  /** From now on calls wait; `release` lets them and all later ones through. */
  hold(): { release(): void }
  /** Resolves as soon as `predicate` is true of the calls so far: woken by arrivals, not by a clock. */
  waitFor(predicate: (calls: readonly Call[]) => boolean, deadlineMs?: number): Promise<Call[]>
  close(): Promise<void>
}

/** A real HTTP server on a free port of 127.0.0.1. Closed after the test, describe or file it was called in. */
export async function receiver(options: { readonly port?: number } = {}): Promise<Receiver> {
  const calls: Call[] = []
  const waiting = new Set<() => void>()
  const next: Answers[] = []
  let standing: Answers = {}
  let gate: Promise<unknown> = Promise.resolve()

  const server = createServer((request, response) => {
    handle(request, response).catch(() => request.destroy())
  })
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const call = await readCall(request, calls.length)
    const held = gate
    const answers = next.shift() ?? standing
    calls.push(Object.assign(call, { index: calls.length }))
    for (const wake of waiting) wake()
    await held
    await send(typeof answers === 'function' ? await answers(call) : answers, request, response)
  }
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  const close = async () => {
    if (!server.listening) return
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  cleanUp(close)

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    calls,
    answer: (answer) => void (standing = answer),
    answerNext: (...answers) => void next.push(...answers),
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = promise
      return {
        release() {
          gate = Promise.resolve()
          resolve()
        },
      }
    },
    waitFor: (predicate, deadlineMs = 15_000) => waitFor(calls, waiting, predicate, deadlineMs),
    close,
  }
}

async function readCall(request: IncomingMessage, index: number): Promise<Call> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  const { method = '', url = '', headers } = request
  return { method, url, headers, body, at: performance.now(), index, json: () => JSON.parse(body.toString()) }
}

async function send(answer: Answer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  await answer.after
  if (answer.instead === 'hang') return
  if (answer.instead === 'reset') {
    request.socket.resetAndDestroy()
    return
  }
  response.writeHead(answer.status ?? 200, answer.headers)
  response.end(answer.body)
}

async function waitFor(
  calls: Call[],
  waiting: Set<() => void>,
  predicate: (calls: readonly Call[]) => boolean,
  deadlineMs: number,
): Promise<Call[]> {
  if (predicate(calls)) return calls
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const look = () => {
    try {
      if (predicate(calls)) resolve()
    } catch (error) {
      reject(error)
    }
  }
  waiting.add(look)
  const timer = setTimeout(() => {
    const seen = calls.map((call) => `${call.method} ${call.url} ${call.body.toString().slice(0, 80)}`)
    reject(
      new Error(
        `not within ${deadlineMs} ms: ${predicate.toString()}\n${calls.length} calls:\n${seen.join('\n')}`,
      ),
    )
  }, deadlineMs)
  try {
    await promise
  } finally {
    clearTimeout(timer)
    waiting.delete(look)
  }
  return calls
}
