import { sql } from 'kysely'
import type { Instant } from '../domain/instant.ts'
import type { DbOrTx } from './pool.ts'

export interface TombstoneLimit {
  readonly olderThanDays: number
  /** Also those that a listener of the service has not passed yet: it misses the deletes. */
  readonly despiteListeners: boolean
}

/** Removes old deleted records of a service, at most `atMost` of them; returns how many went. */
export async function pruneTombstones(
  db: DbOrTx,
  service: string,
  { olderThanDays, despiteListeners }: TombstoneLimit,
  atMost: number,
): Promise<number> {
  const { rows } = await sql<{ went: number }>`
    select sincewire.prune_tombstones(${service}, make_interval(days => ${olderThanDays}), ${atMost},
                                      ${despiteListeners}) as went`.execute(db)
  return rows[0]?.went ?? 0
}

/** The latest stamp among the deleted records of a service that were pruned; null: none was. */
export async function prunedBefore(db: DbOrTx, service: string): Promise<Instant | null> {
  const row = await db
    .selectFrom('sincewire.merchapi_config')
    .select('pruned_before')
    .where('merchapi_name', '=', service)
    .executeTakeFirst()
  return row?.pruned_before ?? null
}
