import { z } from '@hono/zod-openapi'

/**
 * The older services of the private base wrap their answers in links and hyperMediaContent, always empty (document
 * 004, e.g. "Get Current Virtual Date in Long and Date Format").
 */
const nothing = z.array(z.string()).max(0)
const none: string[] = []

/** The schema of an answer with these fields. */
export function legacyAnswer<Shape extends z.ZodRawShape>(fields: Shape) {
  return z.object({ ...fields, links: nothing, hyperMediaContent: z.object({ linkRDO: nothing }) })
}

/** An answer with these fields. */
export function legacy<Fields extends object>(fields: Fields) {
  return { ...fields, links: none, hyperMediaContent: { linkRDO: none } }
}
