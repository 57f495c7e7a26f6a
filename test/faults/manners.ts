import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

/** How a receiver treats a call. */
export interface Manner {
  readonly name: string
  /** Whether the receiver takes what it was sent although its answer tells otherwise; drawn anew for each call. */
  readonly takes: 'always' | 'never' | 'maybe'
  /** Whether the sender may take the call as done. */
  readonly succeeds?: true
  readonly answer: (
    request: IncomingMessage,
    response: ServerResponse,
    patience: Patience,
  ) => Promise<void> | void
}

export interface Patience {
  /** Of the sender, for a call in all. */
  readonly requestMilliseconds: number
  /** Aborted when the receiver closes. */
  readonly closed: AbortSignal
}

const status = (
  code: number,
  headers: Record<string, string> = {},
  takes: Manner['takes'] = 'maybe',
): Manner => ({
  name: `answers ${code}`,
  takes,
  answer: (_request, response) => void response.writeHead(code, headers).end(`status ${code}`),
})

/** What a well-behaved receiver does. */
export const GOOD: Manner = {
  name: 'answers 200',
  takes: 'always',
  succeeds: true,
  answer: (_request, response) => void response.end(),
}

/** In time, but only just. */
export const SLOW: Manner = {
  name: 'answers slowly',
  takes: 'always',
  succeeds: true,
  async answer(_request, response, { requestMilliseconds, closed }) {
    await delay(requestMilliseconds * 0.4, undefined, { signal: closed })
    response.end()
  },
}

/** A call to where a redirect leads is a fault of ours: `/trap`. */
export const TRAP = '/trap'

export const BAD_MANNERS: readonly Manner[] = [
  status(500),
  status(503, { 'retry-after': '1' }),
  status(429, { 'retry-after': '1' }, 'never'),
  status(429, { 'retry-after': new Date(0).toUTCString() }, 'never'),
  status(302, { location: TRAP }, 'never'),
  status(413, {}, 'never'),
  {
    name: 'resets',
    takes: 'maybe',
    answer: (request) => void request.socket.resetAndDestroy(),
  },
  {
    name: 'closes after the request',
    takes: 'always',
    answer: (request) => void request.socket.end(),
  },
  {
    name: 'hangs before the headers',
    takes: 'maybe',
    answer: () => {}, // the sender's deadline ends it
  },
  {
    name: 'drips',
    takes: 'always',
    async answer(request, response, { closed }) {
      response.writeHead(200, { 'content-length': '100000' })
      while (!request.socket.destroyed) {
        response.write('.')
        await delay(100, undefined, { signal: closed })
      }
    },
  },
  {
    name: 'answers without end',
    takes: 'always',
    succeeds: true, // it said 200, and of its words no more is read than the settings allow
    async answer(request, response, { closed }) {
      response.writeHead(200)
      while (!request.socket.destroyed) {
        response.write(Buffer.alloc(16_384, 46))
        await delay(1, undefined, { signal: closed })
      }
    },
  },
  {
    name: 'answers late, having taken it',
    takes: 'always',
    async answer(_request, response, { requestMilliseconds, closed }) {
      await delay(requestMilliseconds * 1.5, undefined, { signal: closed })
      response.end()
    },
  },
  {
    name: 'speaks no HTTP',
    takes: 'maybe',
    answer: (request) => void request.socket.end('220 mail.example.com ESMTP\r\n'),
  },
  SLOW,
]

/** To whoever does not show what lets him in. */
export const UNKNOWN: Manner = status(401, { 'www-authenticate': 'Bearer' }, 'never')

/** Disables the listener; whoever uses it must enable it again. */
export const GONE: Manner = status(410, {}, 'never')
