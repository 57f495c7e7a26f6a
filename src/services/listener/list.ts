import type { Expiries } from '../../db/certificate.ts'
import { listWebhooks, type ListedListener } from '../../db/listenerPage.ts'
import { listDaysOfCalls, type DayOfCalls } from '../../db/metrics.ts'
import type { Db } from '../../db/pool.ts'
import { ownerWithin, type Caller } from '../../domain/caller.ts'
import type { CredentialType } from '../../domain/credential.ts'
import type { WebhookPosition } from '../../domain/registration/webhookPosition.ts'

export type { DayOfCalls, LastCall } from '../../db/metrics.ts'

export interface ListQuery {
  /** Only this service's listeners; null: all, and the credentials that no listener uses. */
  readonly service: string | null
  /** 1 to 999999. */
  readonly limit: number
  /** The place behind which to go on; null: from the start. */
  readonly after: WebhookPosition | null
  readonly includeMetrics: boolean
}

/** A listener with its credential's type, or a credential that no listener uses. No secret is in it. */
export interface Webhook {
  readonly position: WebhookPosition
  readonly credentialType: CredentialType
  /** The client that registered it; null: registered before there were clients. */
  readonly owner: string | null
  /** When the credential's certificates expire. */
  readonly expiries: Expiries
  readonly listener: ListedListener | null
  /** Today and yesterday (GMT), as far as there were calls; null when not asked for. */
  readonly days: readonly DayOfCalls[] | null
}

export interface WebhookPage {
  readonly items: readonly Webhook[]
  /** The last item's place when there are more behind it, otherwise null. */
  readonly next: WebhookPosition | null
}

/** A page of registrations (document 004, "Get Webhooks"), of the caller's own unless it is an operator: at most two queries, however long it is. */
export async function listRegistrations(
  { db }: { readonly db: Db },
  caller: Caller,
  query: ListQuery,
): Promise<WebhookPage> {
  const { service, limit, after, includeMetrics } = query
  const rows = await listWebhooks(db, { owner: ownerWithin(caller), service, after, limit: limit + 1 })
  const page = rows.slice(0, limit)
  const uids = page.flatMap(({ listener }) => listener?.uid ?? [])
  const days = includeMetrics ? await daysByUid(db, uids) : null
  return {
    items: page.map((row) => ({
      ...row,
      days: days && row.listener && (days.get(row.listener.uid) ?? []),
    })),
    next: rows.length > limit ? (page.at(-1)?.position ?? null) : null,
  }
}

async function daysByUid(db: Db, uids: readonly string[]): Promise<Map<string, DayOfCalls[]>> {
  const days = uids.length === 0 ? [] : await listDaysOfCalls(db, uids)
  return Map.groupBy(days, ({ listenerUid }) => listenerUid)
}
