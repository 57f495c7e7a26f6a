import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import { createSweepStore } from '../../src/app/sweepStore.ts'
import { sweep } from '../../src/engine/sweep.ts'
import { startBoss } from '../../src/jobs/boss.ts'
import { openTurns } from '../../src/jobs/turns.ts'
import { median, openPlace, percentile, print } from './place.ts'

const LISTENERS = 100_000
const SECONDS = 30

/** What 100,000 idle listeners at the default interval of 900 seconds cost a second. */
export async function benchIdle(): Promise<void> {
  await using place = await openPlace()
  const { db } = place.pool
  await sql`insert into sincewire.merchapi_config (merchapi_name, json_table, enabled, key_parts)
    values ('bench/idle', 'bench_idle', true, '{id}')`.execute(db)
  await sql`select sincewire.create_change_table('bench_idle')`.execute(db)
  await sql`insert into sincewire_feed.bench_idle (key, document) select i::text, '{"id":1}' from generate_series(1, 10000) i`.execute(
    db,
  )
  await sql`insert into sincewire.credential (credential_name, credential_type, secret, secret_key_id)
    values ('IDLE', 'APIKEY', '\\x00', 'none')`.execute(db)
  // Each stands at a since of its own above the latest change, and is due at its own moment of the 900 seconds.
  await sql`insert into sincewire.listener (listener_name, uid, service, credential_name, listener_url, since_timestamp,
      since_floor, next_heartbeat_at, proven_revision)
    select 'idle ' || i, gen_random_uuid(), 'bench/idle', 'IDLE', 'https://example.com/hook', s.at, s.at,
      now() + interval '6 hours', 0
    from generate_series(1, ${sql.lit(LISTENERS)}) i,
      lateral (select date_trunc('second', now()) + interval '1 second' + i * interval '1 microsecond' as at) s`.execute(
    db,
  )
  await sql`insert into sincewire.schedule (listener_name, due_at, next_poll_at)
    select 'idle ' || i, p.at, p.at from generate_series(1, ${sql.lit(LISTENERS)}) i,
      lateral (select now() + i * interval '900 seconds' / ${sql.lit(LISTENERS)} as at) p`.execute(db)
  await sql`vacuum analyze sincewire.listener, sincewire.schedule`.execute(db)
  const boss = await startBoss({ url: place.url, onError: () => {} })
  const store = createSweepStore(db, await openTurns(boss, db, () => Promise.resolve()))
  const spent: number[] = []
  let claimed = 0
  const options = { claimLimit: 1000, wakeMaxIntervalSeconds: 5 }
  await sweep(store, options, [], { engine: 0, at: 0 })
  for (let second = 0; second < SECONDS; second += 1) {
    await delay(1000)
    const started = performance.now()
    await store.reclaim()
    const swept = await sweep(store, options, [], { engine: 0, at: 0 })
    await store.millisecondsToNext()
    spent.push(performance.now() - started)
    claimed += swept.claimed
  }
  print(
    `Idle: ${LISTENERS.toLocaleString('en')} listeners, ${Math.round(claimed / SECONDS)} due a second: sweep ${median(spent).toFixed(1)} ms a second at the median, ${percentile(spent, 90).toFixed(1)} at the 90th percentile (aim: 5)`,
  )
  await boss.stop({ graceful: false })
}
