import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { cleanUp } from '../support/index.ts'

export interface RawClient {
  readonly socket: Socket
  /** What has arrived so far. */
  received(): string
  /** Resolves with all that has arrived when the connection is over, however it ended. */
  readonly over: Promise<string>
}

interface RawOptions {
  /** The loopback address to call from; all of 127.0.0.0/8 are ours on Linux. */
  readonly from?: string
  /** Trusted, for TLS; without it: plain. */
  readonly ca?: string
}

/** A connection that does not speak by itself. Resolves when it stands (for TLS: when TLS does) or is refused. */
export async function rawClient(port: number, { from, ca }: RawOptions = {}): Promise<RawClient> {
  const to = { port, host: '127.0.0.1', ...(from !== undefined && { localAddress: from }) }
  const socket = ca === undefined ? connect(to) : connectTls({ ...to, ca })
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  socket.on('error', () => {}) // a reset is one way of being refused
  // Not `once`, which takes a reset for a failure.
  const over = new Promise<string>((resolve) => socket.once('close', () => resolve(text)))
  cleanUp(() => socket.destroy())
  await Promise.race([once(socket, ca === undefined ? 'connect' : 'secureConnect').catch(() => {}), over])
  return { socket, received: () => text, over }
}

/** The status and the body, as far as they stand in what a raw client received. */
export function parseAnswer(text: string): { status: number; body: unknown } {
  const [head = '', body = ''] = text.split('\r\n\r\n')
  return { status: Number(/^HTTP\/1\.1 (\d+) /.exec(head)?.[1]), body: body === '' ? '' : JSON.parse(body) }
}
