import { z } from 'zod'

// Only what the receiver needs of the bodies in DESIGN's "What goes over the wire"; the rest may be there or not.
const names = { service: z.string(), listenerName: z.string() }
const window = {
  ...names,
  sinceTimestamp: z.string(),
  beforeTimestamp: z.string(),
  /** The fields that make up a record's key, should the caller name them. */
  keyParts: z.array(z.string()).optional(),
}
const links = z.array(z.object({ rel: z.string(), href: z.string() }))
const page = z.object({ items: z.array(z.unknown()), hasMore: z.boolean(), links: links.optional() })

const body = z.discriminatedUnion('type', [
  z.object({ type: z.literal('HEARTBEAT'), ...names }),
  z.object({ type: z.literal('EVENT'), ...window, links }),
  z.object({ type: z.literal('PAYLOAD'), ...window, payload: page }),
])

export type Body = z.output<typeof body>
export type WindowBody = Exclude<Body, { type: 'HEARTBEAT' }>
export type PageBody = z.output<typeof page>

/** A call's body, or undefined when it is none that we know. */
export function parseBody(bytes: Buffer): Body | undefined {
  return parse(body, bytes)
}

/** A page of the publish API, or undefined. */
export function parsePage(bytes: Buffer): PageBody | undefined {
  return parse(page, bytes)
}

function parse<T>(schema: z.ZodType<T>, bytes: Buffer): T | undefined {
  try {
    return schema.safeParse(JSON.parse(bytes.toString())).data
  } catch {
    return undefined
  }
}
