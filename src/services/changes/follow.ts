import { setTimeout as delay } from 'node:timers/promises'
import { changesSince, changeSnapshot } from '../../db/change.ts'
import type { Db } from '../../db/pool.ts'
import type { Change, ChangeFilter } from '../../domain/change.ts'

const POLL_MILLISECONDS = 500

/** What is visible now: where `followChanges` goes on from. */
export function startFollowing(db: Db): Promise<string> {
  return changeSnapshot(db)
}

/**
 * Tells every change that commits from now on, each once, until the signal is aborted. `now` is
 * startFollowing's, taken before what was there is listed: then nothing lies between, and some may come twice.
 */
export async function followChanges(
  db: Db,
  filter: ChangeFilter,
  {
    now,
    tell,
    signal,
  }: {
    readonly now: string
    readonly tell: (change: Change) => void
    readonly signal: AbortSignal
  },
): Promise<void> {
  let after = now
  while (!signal.aborted) {
    const until = await changeSnapshot(db)
    for (const change of await changesSince(db, filter, { after, until })) tell(change)
    after = until
    await delay(POLL_MILLISECONDS, undefined, { signal }).catch(() => {}) // aborted
  }
}
