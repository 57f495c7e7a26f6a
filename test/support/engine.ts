import { randomUUID } from 'node:crypto'
import { afterAll } from 'vitest'
import { createEngine } from '../../src/app/engine.ts'
import type { EngineBase } from '../../src/app/base.ts'
import { loadConfig } from '../../src/config.ts'
import { sql } from 'kysely'
import type { Db } from '../../src/db/pool.ts'
import { createMetrics } from '../../src/metrics.ts'
import { createLog } from '../../src/log.ts'
import { createVault } from '../../src/secrets/vault.ts'
import { manageCredential } from '../../src/services/credential/manage.ts'
import { adminCaller } from './access.ts'
import type { TestDatabase } from './database.ts'

const vault = createVault({ key: Buffer.alloc(32, 7) })

export interface EngineUnderTest {
  stop(): Promise<void>
}

/** The engine as the service runs it, on a test database. */
export async function startEngine(
  database: TestDatabase,
  overrides: Record<string, unknown> = {},
): Promise<EngineUnderTest> {
  const config = loadConfig({
    overrides: {
      'targets.allow': ['127.0.0.1'],
      'targets.allowHttp': ['127.0.0.1'],
      'engine.sweepIntervalMilliseconds': 100,
      'engine.retry.inPlaceDelayMilliseconds': 10,
      'engine.retry.holdBaseSeconds': 1,
      'engine.retry.holdMaxSeconds': 1,
      ...overrides,
    },
  })
  const base: EngineBase = {
    ...{ config, vault, databaseUrl: database.url, engineDb: database.db },
    log: createLog(process.env['TEST_LOG'] === undefined ? 'silent' : 'info', process.stderr),
    ...{ metrics: createMetrics(), publicUrl: () => 'http://sincewire.test' },
  }
  const part = createEngine(base)
  await part.start()
  let stopped: Promise<void> | undefined
  const stop = () => (stopped ??= part.stop())
  afterAll(stop)
  return { stop }
}

/** A service with a change table that tests write to by hand. */
export async function makeFeed(db: Db, service: string, wakeOnCommit = false): Promise<Feed> {
  const table = service.replaceAll('/', '_')
  await sql`insert into sincewire.merchapi_config (merchapi_name, json_table, enabled, key_parts, wake_on_commit)
    values (${service}, ${table}, true, '{id}', ${wakeOnCommit})`.execute(db)
  await sql`select sincewire.create_change_table(${table})`.execute(db)
  const feed = sql.id('sincewire_feed', table)
  return {
    service,
    async put(keys, value = 1) {
      await sql`insert into ${feed} (key, document) select k, json_build_object('id', k, 'value', ${value}::int)
        from unnest(${keys}::text[]) k
        on conflict (key) do update set document = excluded.document, deleted_at = null`.execute(db)
    },
    async remove(keys) {
      await sql`update ${feed} set deleted_at = now() where key = any(${keys}::text[])`.execute(db)
    },
  }
}

export interface Feed {
  readonly service: string
  /** Inserts or updates documents {"id":key,"value":value} in one transaction. */
  put(keys: readonly string[], value?: number): Promise<void>
  remove(keys: readonly string[]): Promise<void>
}

/** Registers a listener as an operator would, without the API: columns as given, everything due now. */
export async function addListener(db: Db, listener: ListenerColumns): Promise<void> {
  const targets = { allow: [], allowHttp: [] }
  await manageCredential({ db, vault, targets }, adminCaller, {
    credentialName: 'TEST',
    credentialType: 'APIKEY',
    apikey: 'test-key',
  })
  await db
    .insertInto('sincewire.listener')
    .values({ uid: randomUUID(), credential_name: 'TEST', interval_seconds: 1, ...listener })
    .execute()
  await db.insertInto('sincewire.schedule').values({ listener_name: listener.listener_name }).execute()
}

export interface ListenerColumns {
  readonly listener_name: string
  readonly service: string
  readonly listener_url: string
  readonly include_payload?: boolean
  readonly page_limit?: number
  readonly interval_seconds?: number
}
