import type { Context, MiddlewareHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { incomingOf } from './incoming.ts'
import type { ApiEnv } from './room.ts'

/**
 * Answers 413 to a larger body. Hono's own makes a global Request of the server's, which works only if the server
 * may replace the globals; a chunked body is read here instead, so that every handler sees a complete one.
 */
export function limitBody(bytes: number): MiddlewareHandler<ApiEnv> {
  const tooLarge = () => new HTTPException(413, { message: `The body is larger than ${bytes} bytes` })
  return async (c, next) => {
    if (Number(c.req.header('content-length') ?? 0) > bytes) throw tooLarge()
    if (c.req.header('transfer-encoding') !== undefined) {
      const { url, method, headers, body, signal } = c.req.raw
      const chunks: Uint8Array[] = []
      let length = 0
      for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
        length += chunk.length
        if (length > bytes) throw tooLarge()
        chunks.push(chunk)
      }
      c.req.raw = new Request(url, { method, headers, signal, body: Buffer.concat(chunks) })
    }
    await next()
  }
}

/** What to answer when the client went away, or ran out of time, before its body was there: no failure of ours. */
export function brokeOff(c: Context): HTTPException | undefined {
  const incoming = incomingOf(c)
  if (incoming === undefined || incoming.complete || !incoming.destroyed) return undefined
  return new HTTPException(400, { message: 'The body broke off' })
}
