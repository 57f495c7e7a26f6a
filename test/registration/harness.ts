import { randomBytes, randomUUID } from 'node:crypto'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { addPublish } from '../../src/http/merchandising/publish.ts'
import { addRegistration } from '../../src/http/merchandising/registration.ts'
import type { Api } from '../../src/http/room.ts'
import { createVault } from '../../src/secrets/vault.ts'
import { createPublishServices, createReadPage } from '../../src/services/publish/index.ts'
import { createRegistrationServices } from '../../src/services/registration.ts'
import { serveApi, type TestDatabase } from '../support/index.ts'

const ROOT = '/MerchIntegrations/services/administration/operations'

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: Answer
}

export interface Answer extends Record<string, unknown> {
  readonly status: string
  readonly message: string
  readonly validationErrors?: readonly {
    readonly error: string
    readonly field: string
    readonly inputValue: unknown
  }[]
  readonly businessError?: readonly { readonly service: string; readonly errorMessage: string }[]
  readonly signingSecrets?: readonly { readonly listenerName: string; readonly signingSecret: string }[]
  readonly signingKeys?: readonly { readonly listenerName: string; readonly publicKey: string }[]
  readonly items: readonly Record<string, unknown>[]
  readonly hasMore: boolean
  readonly count: number
  readonly links: readonly { readonly href: string; readonly rel: string }[]
}

export type Item = Record<string, unknown>

/**
 * The registration API on a real port over a test database, beside the publish API as in the app. Services bench/a
 * and bench/b are published, bench/off is not enabled, bench/none has no change table.
 */
export async function serveRegistration(database: TestDatabase) {
  await database.run(`
    select sincewire.create_change_table('bench_a'), sincewire.create_change_table('bench_b'), sincewire.create_change_table('bench_off');
    insert into sincewire.merchapi_config (merchapi_name, json_table, enabled) values
      ('bench/a', 'bench_a', true), ('bench/b', 'bench_b', true), ('bench/off', 'bench_off', false), ('bench/none', null, true)`)
  const { db } = database
  const logged: string[] = []
  const log = pino(
    { level: 'trace' },
    new Writable({ write: (chunk: Buffer, _, done) => (logged.push(chunk.toString()), done()) }),
  )
  let origin = ''
  const publicUrl = () => origin
  const vault = createVault({ key: randomBytes(32) })
  const services = createRegistrationServices({
    db,
    vault,
    targets: {
      allow: ['*.receiver.example', '127.0.0.1', 'localhost:9000'],
      allowHttp: ['127.0.0.1', 'localhost:9000'],
    },
    signatureOverlapHours: 24,
    uuid: randomUUID,
    random: randomBytes,
    publicUrl,
  })
  const readPage = createReadPage({ db, publicUrl, cacheMegabytes: 1 })
  const publish = createPublishServices({ db, readPage, publicUrl })
  const rooms = [(api: Api) => addRegistration(api, services), (api: Api) => addPublish(api, publish)]
  const { api, url } = await serveApi({ log, rooms })
  origin = url

  const call = async (
    method: string,
    place: string,
    body?: unknown,
    type = 'application/json',
  ): Promise<Answered> => {
    const url = place.startsWith('http') ? place : `${origin}${ROOT}/${place}`
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const response = await fetch(url, {
      method,
      ...(body !== undefined && { body: text, headers: type === '' ? {} : { 'content-type': type } }),
    })
    const answer = await response.text()
    const parsed = answer === '' ? {} : (JSON.parse(answer) as unknown)
    return { status: response.status, headers: response.headers, text: answer, body: parsed as Answer }
  }
  const manage = (...items: readonly Item[]) =>
    call('PUT', 'webhooks/manage', { collectionSize: items.length, items })
  const credential = (fields: Item) => call('PUT', 'webhook/credential/manage', fields)
  const list = (query = '') => call('GET', query.startsWith('http') ? query : `webhooks${query}`)
  const listener = (name: string) =>
    db
      .selectFrom('sincewire.listener as l')
      .innerJoin('sincewire.schedule as s', 's.listener_name', 'l.listener_name')
      .selectAll('l')
      .select(['s.due_at', 's.next_poll_at'])
      .where('l.listener_name', '=', name)
      .executeTakeFirst()
  return { api, db, vault, services, call, manage, credential, list, listener, logged }
}

export type Served = Awaited<ReturnType<typeof serveRegistration>>

export const apikey = (credentialName: string, more: Item = {}) => ({
  credentialName,
  credentialType: 'APIKEY',
  apikey: `key-of-${credentialName}`,
  ...more,
})

export const item = (service: string, more: Item = {}) => ({
  service,
  credentialName: 'APP1',
  listenerUrl: 'https://hooks.receiver.example/in',
  ...more,
})

/** The answer of a call that must succeed. */
export async function succeed(call: Promise<Answered>): Promise<Answer> {
  const { status, text, body } = await call
  if (status !== 200 || body.status !== 'SUCCESS') throw new Error(`${status} ${text}`)
  return body
}
