import pg from 'pg'
import type { Filter } from '../../src/domain/filter.ts'
import { addPublish } from '../../src/http/merchandising/publish.ts'
import { addRefreshDate } from '../../src/http/merchandising/publishRefreshDate.ts'
import type { Api } from '../../src/http/room.ts'
import { createPublishServices, createReadPage } from '../../src/services/publish/index.ts'
import { serveApi, type TestDatabase } from '../support/index.ts'

export interface TestFeed {
  readonly service: string
  readonly jsonTable: string
  /** SQL that writes one record, for any connection. */
  upsert(key: string, document: object): string
  remove(key: string): string
}

interface FeedOptions {
  readonly enabled?: boolean
  readonly loaded?: boolean
  readonly filters?: readonly Filter[]
}

/** A registered service over an empty change table. */
export async function makeFeed(
  database: TestDatabase,
  service: string,
  options: FeedOptions = {},
): Promise<TestFeed> {
  const jsonTable = service.replaceAll(/\W/g, '_')
  await database.run(`
    select sincewire.create_change_table(${lit(jsonTable)});
    insert into sincewire.merchapi_config (merchapi_name, json_table, enabled, key_parts, filters, loaded_at)
    values (${lit(service)}, ${lit(jsonTable)}, ${options.enabled ?? true}, '{id}',
            ${lit(JSON.stringify(options.filters ?? []))}, ${options.loaded === false ? 'null' : 'now()'})`)
  const table = `sincewire_feed.${jsonTable}`
  return {
    service,
    jsonTable,
    upsert: (key, document) =>
      `insert into ${table} (key, document) values (${lit(key)}, ${lit(JSON.stringify(document))})
       on conflict (key) do update set document = excluded.document, deleted_at = null;`,
    remove: (key) => `update ${table} set deleted_at = now() where key = ${lit(key)} and deleted_at is null;`,
  }
}

export function lit(text: string): string {
  return pg.escapeLiteral(text)
}

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: Envelope & Record<string, unknown>
}

export interface Envelope {
  readonly items: readonly PublishedRecord[]
  readonly hasMore: boolean
  readonly limit: number
  readonly count: number
  readonly links: readonly { readonly href: string; readonly rel: string }[]
}

export interface PublishedRecord extends Record<string, unknown> {
  readonly action: string | null
  readonly cacheTimestamp: string
}

/** The publish API on a real port over a test database. */
export async function servePublish(database: TestDatabase) {
  let origin = ''
  const { db } = database
  const publicUrl = () => origin
  const readPage = createReadPage({ db, publicUrl, cacheMegabytes: 16 })
  const services = createPublishServices({ db, readPage, publicUrl })
  const rooms = [(api: Api) => addRefreshDate(api, services), (api: Api) => addPublish(api, services)]
  const { api, url } = await serveApi({ rooms })
  origin = url
  /** `place`: a link, or a path behind /MerchIntegrations/services/. */
  const get = async (place: string, method = 'GET'): Promise<Answered> => {
    const url = place.startsWith('http') ? place : `${origin}/MerchIntegrations/services/${place}`
    const response = await fetch(url, { method })
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: text === '' ? {} : JSON.parse(text),
    }
  }
  return { api, get, readPage, origin }
}

/** The link of a relation. */
export function linkOf(envelope: Envelope, rel: 'self' | 'next'): URL | undefined {
  const link = envelope.links.find((each) => each.rel === rel)
  return link && new URL(link.href)
}

/** The upper edge that an answer's links carry: the next since. */
export function beforeOf(envelope: Envelope): string {
  return linkOf(envelope, 'self')!.searchParams.get('before')!
}
