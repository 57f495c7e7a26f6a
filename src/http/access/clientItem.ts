import { z } from '@hono/zod-openapi'
import { clientRoles } from '../../domain/caller.ts'

const moment = z.iso.datetime().nullable()

/** A client as it is shown; no key is in it. */
export const clientItem = z
  .object({
    name: z.string(),
    role: z.enum(clientRoles),
    services: z.array(z.string()).nullable().openapi({ description: 'null: all' }),
    addresses: z.array(z.string()).nullable().openapi({ description: 'null: from anywhere' }),
    enabled: z.boolean().openapi({ description: 'false: revoked' }),
    createdAt: z.iso.datetime(),
    keys: z.array(
      z.object({
        keyId: z.string(),
        createdAt: z.iso.datetime(),
        expiresAt: moment,
        lastUsedAt: moment.openapi({ description: 'to the minute' }),
        revokedAt: moment,
      }),
    ),
  })
  .openapi('Client')

/** A client with a key made just now. */
export const clientWithKey = z
  .object({ client: clientItem, key: z.string().openapi({ description: 'shown this once' }) })
  .openapi('ClientWithKey')
