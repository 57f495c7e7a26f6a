import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { RequestError } from '@hono/node-server'
import type { ErrorBody } from './errors.ts'

/** How long a refused client may go on sending: closing at once would reset the connection, and our answer with it. */
const LINGER_MILLISECONDS = 500

/**
 * Answers what is no HTTP, too large or too slow in our error shape, before any of it reaches the API.
 * Node's own answers have no body.
 */
export function answerMalformed(server: Server): void {
  const answering = new WeakMap<Duplex, ServerResponse>()
  const answered = new WeakSet<Duplex>()
  const note = ({ socket }: IncomingMessage, response: ServerResponse) => void answering.set(socket, response)
  server.prependListener('request', note)
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    const { status, text } = bodyFor(417, 'The header Expect may only ask for 100-continue')
    response
      .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
      .end(text)
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (answered.has(socket)) return // each further piece of it fails anew
    answered.add(socket)
    const refusal = refusalOf(error)
    const running = answering.get(socket)
    const midAnswer = running?.headersSent === true && !running.writableFinished
    if (refusal === undefined || midAnswer || !socket.writable) socket.destroy()
    else endWith(socket, refusal)
  })
}

/** For what the listener cannot make a request of: no host, or a URL that is none. */
export function refuseRequest(error: unknown): Response {
  const { status, text } =
    error instanceof RequestError
      ? bodyFor(400, 'The request cannot be understood')
      : bodyFor(500, 'Internal error')
  return new Response(text, { status, headers: { 'content-type': 'application/json', connection: 'close' } })
}

interface Refusal {
  readonly status: number
  readonly text: string
}

/** Undefined: the connection broke, or speaks another protocol; nobody would understand an answer. */
function refusalOf({ code = '' }: NodeJS.ErrnoException): Refusal | undefined {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return bodyFor(408, 'The request did not arrive in time')
  if (code === 'HPE_HEADER_OVERFLOW') return bodyFor(431, 'The headers are too large')
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return bodyFor(413, 'The chunk extensions are too large')
  return code.startsWith('HPE_') ? bodyFor(400, 'The request cannot be understood') : undefined
}

function bodyFor(status: number, message: string): Refusal {
  return { status, text: JSON.stringify({ status: 'ERROR', message } satisfies ErrorBody) }
}

function endWith(socket: Duplex, { status, text }: Refusal): void {
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(text)}`,
    'connection: close',
  ]
  const cut = setTimeout(() => socket.destroy(), LINGER_MILLISECONDS)
  socket.once('close', () => clearTimeout(cut))
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`)
}
