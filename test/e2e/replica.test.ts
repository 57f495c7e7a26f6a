import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { captureTable } from '../../src/services/capture/index.ts'
import { anyCredential, get, manageListener } from '../support/api.ts'
import { eventually, receiver, testApp, testDatabase } from '../support/index.ts'
import { SCHEMA, write } from './workload.ts'

const database = await testDatabase()
const { db } = database

interface Item extends Record<string, unknown> {
  readonly action: string
  readonly cacheTimestamp: string
}

interface Envelope {
  readonly items: readonly Item[]
  readonly hasMore: boolean
  readonly links: readonly { readonly rel: string; readonly href: string }[]
}

interface Body extends Record<string, unknown> {
  readonly type: string
  readonly links: readonly { readonly href: string }[]
  readonly payload: Envelope
}

const FEEDS = {
  'shop/account': {
    keyOf: (item: Item) => String(item['id']),
    table: 'select id::text as key, row_to_json(a) as doc from shop.account a',
  },
  'shop/purchase': {
    keyOf: (item: Item) => `${String(item['region'])},${String(item['no'])}`,
    table: `select region || ',' || no as key, doc from shop.purchase_document`,
  },
} as const
type Feed = keyof typeof FEEDS

/** What a receiver makes of what it is sent, and every record it was sent, in order. */
class Replica {
  readonly state = new Map<string, unknown>()
  readonly log: { readonly key: string; readonly at: string }[] = []
  readonly #feed: Feed
  constructor(feed: Feed) {
    this.#feed = feed
  }
  apply({ items }: Envelope): void {
    for (const item of items) {
      const key = FEEDS[this.#feed].keyOf(item)
      const { action, cacheTimestamp, cacheCreateTimestamp: _, ...document } = item
      this.log.push({ key, at: cacheTimestamp })
      if (action === 'DELETE') this.state.delete(key)
      else this.state.set(key, document)
    }
  }
  repeats(): string[] {
    const seen = new Set<string>()
    return this.log
      .map(({ key, at }) => `${key} ${at}`)
      .filter((record) => seen.size === seen.add(record).size)
  }
  /** Keys whose changes came in another order than they were made. */
  disorder(): string[] {
    const last = new Map<string, string>()
    return this.log.flatMap(({ key, at }) => {
      const before = last.get(key)
      last.set(key, at)
      return before !== undefined && before >= at ? [key] : []
    })
  }
}

async function truth(feed: Feed): Promise<Map<string, unknown>> {
  const { rows } = await sql<{ key: string; doc: unknown }>`${sql.raw(FEEDS[feed].table)}`.execute(db)
  return new Map(rows.map(({ key, doc }) => [key, doc]))
}

/** Registers a PAYLOAD listener of that page limit, or an EVENT listener that pulls. */
async function replicate(api: string, feed: Feed, pageLimit: number | 'EVENT'): Promise<Replica> {
  const replica = new Replica(feed)
  const sink = await receiver()
  let pulls = Promise.resolve()
  sink.answer((call) => {
    const body = call.json<Body>()
    if (body.type === 'PAYLOAD') replica.apply(body.payload)
    if (body.type === 'EVENT') pulls = pulls.then(() => pull(replica, body.links[0]!.href))
    return {}
  })
  await manageListener(api, {
    ...{
      service: feed,
      listenerName: `${feed} ${pageLimit}`,
      credentialName: 'ANY',
      listenerUrl: `${sink.url}/hook`,
    },
    ...{ intervalSeconds: 1, includePayload: pageLimit === 'EVENT' ? 'N' : 'Y' },
    ...(pageLimit !== 'EVENT' && { pageLimit }),
  })
  return replica
}

async function pull(replica: Replica, href: string): Promise<void> {
  for (let next: string | undefined = `${href}&limit=7`; next !== undefined;) {
    const page: Envelope = await get<Envelope>(next)
    replica.apply(page)
    next = page.links.find(({ rel }) => rel === 'next')?.href
  }
}

/** The control: whoever polls "changed since my last poll" misses the rows of slow transactions. */
async function pollNaively(feed: Feed, table: string, stop: AbortSignal): Promise<Replica> {
  const replica = new Replica(feed)
  let last = '1970-01-01'
  for (let done = false; !done;) {
    done = stop.aborted
    const { rows } = await sql<{ items: Item[]; now: string }>`
      with poll as (select clock_timestamp() as now)
      select now, (select coalesce(json_agg(json_build_object('action', case when deleted_at is null then 'UPDATE' else 'DELETE' end,
          'cacheTimestamp', changed_at)::jsonb || document::jsonb), '[]')
        from ${sql.table(`sincewire_feed.${table}`)} where changed_at > ${last}::timestamptz and changed_at <= now) as items
      from poll`.execute(db)
    replica.apply({ items: rows[0]!.items, hasMore: false, links: [] })
    last = rows[0]!.now
    if (!done) await pause(20, undefined, { signal: stop }).catch(() => {})
  }
  return replica
}

test(
  'every receiver ends with the tables, nothing is sent twice, each key in order; the naive rule fails',
  { timeout: 240_000 },
  async () => {
    await database.run(SCHEMA)
    const app = await testApp(database.url, { 'targets.allowHttp': '127.0.0.1' })
    await captureTable(db, { service: 'shop/account', table: 'shop.account', key: ['id'], wake: true })
    await captureTable(db, {
      ...{ service: 'shop/purchase', table: 'shop.purchase', key: ['region', 'no'], wake: true },
      ...{ view: 'shop.purchase_document', watch: ['shop.purchase_line:region,no'] },
    })
    await anyCredential(app.url)
    const replicas = new Map<Feed, Replica[]>()
    for (const feed of Object.keys(FEEDS) as Feed[]) {
      replicas.set(
        feed,
        await Promise.all(([3, 50, 1000, 'EVENT'] as const).map((limit) => replicate(app.url, feed, limit))),
      )
    }
    const over = new AbortController()
    const naive = pollNaively('shop/account', await tableOf('shop/account'), over.signal)
    const writers = await Promise.all([1, 2, 3, 4, 5, 6].map((seed) => write(database.url, seed, 80)))
    over.abort()
    expect(writers.reduce((sum, { committed }) => sum + committed, 0)).toBeGreaterThan(200)

    for (const [feed, all] of replicas) {
      const expected = await truth(feed)
      for (const replica of all) {
        await eventually(() => (expect(replica.state).toEqual(expected), true), 30_000)
        expect(replica.repeats()).toEqual([])
        expect(replica.disorder()).toEqual([])
      }
    }
    expect((await naive).state).not.toEqual(await truth('shop/account'))
  },
)

async function tableOf(service: Feed): Promise<string> {
  const row = await db
    .selectFrom('sincewire.merchapi_config')
    .select('json_table')
    .where('merchapi_name', '=', service)
    .executeTakeFirstOrThrow()
  return row.json_table!
}
