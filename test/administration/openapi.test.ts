import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createRooms } from '../../src/app/rooms.ts'
import type { Api } from '../../src/http/room.ts'
import { loadExamples } from '../../src/services/load/examples.ts'
import { makeFeed } from '../publish/harness.ts'
import { fetchAsAdmin, testApp, testDatabase } from '../support/index.ts'
import { closed, fromSchema, resolve, type Schema, type Schemas } from './fromSchema.ts'

interface Operation {
  readonly parameters?: readonly {
    readonly name: string
    readonly in: string
    readonly required?: boolean
    readonly schema: Schema
  }[]
  readonly requestBody?: { readonly content: Record<string, { readonly schema: Schema }> }
  readonly responses: Record<string, { readonly content?: Record<string, { readonly schema: Schema }> }>
  readonly summary?: string
}

interface Document {
  readonly openapi: string
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { readonly schemas: Schemas }
}

const database = await testDatabase()
let api: Api | undefined
const app = await testApp(
  database.url,
  {},
  { role: 'api', rooms: (base) => [...createRooms(base), (each) => void (api = each)] },
)
const document = (await (await fetchAsAdmin(`${app.url}/openapi.json`)).json()) as Document
const { schemas } = document.components
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
)

beforeAll(async () => {
  await loadExamples(database.db)
  const feed = await makeFeed(database, 'bench/a')
  for (const id of ['1', '2', 'x y']) await database.run(feed.upsert(id, { id, name: `n${id}` }))
})

/** Words that mean something to an operation, so that generated calls get somewhere. */
const words: Record<string, readonly string[]> = {
  service: ['bench/a', 'bench/b'],
  id: ['1', '2', 'x y'],
  codeType: ['LOC', 'LOB'],
  code: ['W', 'S'],
  limit: ['1', '2', '1000'],
  year: ['2022', '2023'],
  offsetkey: ['LOB', 'A,b'],
  include: ['items.id', 'items', 'hasMore,limit'],
  exclude: ['items', 'links', 'count,items.action', 'id'],
  customer_id: [
    'BUYER::::101::::::',
    'BUYER::::::::::',
    'PARTNER::BK::1::::::',
    `STORE::::1${'::'.repeat(14)}`,
  ],
  reportReferenceKey: ['TD-2001', 'nobody'],
  credentialName: ['A1'],
}

/** Such a word most of the time. */
const orWord = (name: string, ...others: readonly fc.Arbitrary<string>[]) => {
  const generated = others.map((arbitrary) => ({ weight: 1, arbitrary }))
  const meant = words[name] ? [{ weight: 4, arbitrary: fc.constantFrom(...words[name]) }] : []
  return fc.oneof(...meant, ...generated)
}

interface Call {
  readonly place: string
  readonly init: Omit<RequestInit, 'method'>
}

function callOf(path: string, { parameters = [], requestBody }: Operation): fc.Arbitrary<Call> {
  const inPath = parameters.filter((each) => each.in === 'path')
  const segments = fc.record(
    Object.fromEntries(
      inPath.map(({ name }) => [name, orWord(name, fc.string({ minLength: 1, maxLength: 20 }))]),
    ),
  )
  return fc.record({ segments, query: queryOf(parameters), init: initOf(requestBody) }).map((parts) => {
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => asPath(String(parts.segments[name])))
    return {
      place: `${filled}?${new URLSearchParams(parts.query as [string, string][]).toString()}`,
      init: parts.init,
    }
  })
}

/** Dots alone would be taken for a way up, by whoever sends the call. */
function asPath(text: string): string {
  return text
    .split('/')
    .map((part) => (/^\.+$/.test(part) ? 'dots' : encodeURIComponent(part)))
    .join('/')
}

function queryOf(parameters: NonNullable<Operation['parameters']>): fc.Arbitrary<string[][]> {
  const pairs = parameters
    .filter((each) => each.in === 'query')
    .map(({ name, schema, required }) => {
      const value = orWord(name, fromSchema(schema, schemas).map(String), fc.string({ unit: 'binary' }))
      const times = required ? fc.constantFrom(0, 1, 1, 1, 1, 2) : fc.constantFrom(0, 0, 0, 0, 1, 1, 2)
      return times.chain((count) =>
        fc.array(
          value.map((text) => [name, text]),
          { minLength: count, maxLength: count },
        ),
      )
    })
  const unknown = fc.oneof(
    { weight: 9, arbitrary: fc.constant<string[][]>([]) },
    { weight: 1, arbitrary: fc.tuple(fc.string(), fc.string()).map((pair) => [pair]) },
  )
  return fc.tuple(...pairs, unknown).map((lists) => lists.flat())
}

function initOf(requestBody: Operation['requestBody']): fc.Arbitrary<Omit<RequestInit, 'method'>> {
  const accept = fc.constantFrom('application/json', 'application/xml', '*/*')
  if (!requestBody) return accept.map((type) => ({ headers: { accept: type } }))
  const { schema } = requestBody.content['application/json']!
  const shaped = fromSchema(schema, schemas).map((value) => withWords(value))
  const body = fc.oneof(
    { weight: 6, arbitrary: shaped.map((value) => JSON.stringify(value)) },
    { weight: 2, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  )
  const contentType = fc.constantFrom(
    'application/json',
    'application/json',
    'application/json; charset=utf-8',
    'text/plain',
    '',
  )
  return fc.record({ body, contentType, accept }).map(({ body, contentType, accept }) => ({
    body: Buffer.from(body),
    headers: { accept, ...(contentType !== '' && { 'content-type': contentType }) },
  }))
}

/** Members that go by such words take the first of them now and then: whenever theirs has an even length. */
function withWords(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withWords)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) =>
      typeof each === 'string' && each.length % 2 === 0 && words[name]
        ? [name, words[name][0]]
        : [name, withWords(each)],
    ),
  )
}

/** Operations that take more to succeed at; they have tests of their own. */
const hard = [
  '/manage',
  '/execution',
  '/updatePersonalInfo',
  '/restService/status',
  '/rotate',
  '/revoke',
  '{name}',
]

const checks = new Map<unknown, z.ZodType>()

/** What is wrong with a JSON answer by its schema, with nothing allowed that the schema does not name. */
function faultOf(schema: Schema, body: unknown): string | undefined {
  let check = checks.get(schema)
  if (!check) {
    check = z.fromJSONSchema({ ...(closed(schema) as object), $defs: closed(schemas) } as Parameters<
      typeof z.fromJSONSchema
    >[0])
    checks.set(schema, check)
  }
  const result = check.safeParse(body)
  return result.success ? undefined : z.prettifyError(result.error)
}

test('the document is OpenAPI 3.1, names every operation of the service, and says of each what it is for', () => {
  expect(document.openapi).toMatch(/^3\.1\./)
  const served = api!.routes
    .filter(({ method }) => method !== 'ALL')
    .map(
      ({ method, path }) =>
        `${method} ${path.replace(/:(\w+)/g, '{$1}').replace('services/*', 'services/{service}')}`,
    )
  const named = new Set(operations.map(({ method, path }) => `${method} ${path}`))
  expect(served.length).toBeGreaterThan(20)
  expect(served.filter((each) => !named.has(each))).toEqual([])
  expect(operations.filter(({ operation }) => !operation.summary)).toEqual([])
})

test('the document is told to clients only, as everything but the health checks', async () => {
  const { url } = await testApp(database.url, { adminKey: 'k-1' }, { role: 'api' })
  const ask = async (headers: Record<string, string>) =>
    (await fetch(`${url}/openapi.json`, { headers })).status
  expect([await ask({}), await ask({ 'x-api-key': 'k-1' })]).toEqual([401, 200])
})

/** The simplest call that should succeed: words for what is required, nothing else. */
function plainCall(path: string, { parameters = [], requestBody }: Operation): Call {
  const word = (name: string) => words[name]?.[0] ?? ''
  const query = parameters.filter((each) => each.in === 'query' && each.required)
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => asPath(word(name)))
  const place = `${filled}?${new URLSearchParams(query.map(({ name }): [string, string] => [name, word(name)])).toString()}`
  if (!requestBody) return { place, init: {} }
  const schema = resolve(requestBody.content['application/json']!.schema, schemas)
  const body = JSON.stringify(Object.fromEntries((schema.required ?? []).map((name) => [name, word(name)])))
  return { place, init: { body, headers: { 'content-type': 'application/json' } } }
}

const plain = operations.filter(
  ({ path, method }) =>
    !hard.some((end) => path.endsWith(end)) && !(method === 'POST' && path.endsWith('/clients')),
)

test.for(plain)('$method $path succeeds', async ({ method, path, operation }) => {
  const { place, init } = plainCall(path, operation)
  const answer = await fetchAsAdmin(`${app.url}${place}`, { method, ...init })
  expect([answer.status, await answer.text()]).toEqual([200, expect.any(String)])
})

describe.for(operations)('$method $path', ({ method, path, operation }) => {
  test('answers whatever it is sent as documented, and never fails', async () => {
    await fc.assert(
      fc.asyncProperty(callOf(path, operation), async ({ place, init }) => {
        const answer = await fetchAsAdmin(`${app.url}${place}`, { method, ...init })
        const text = await answer.text()
        const said = `${answer.status} ${text}`
        const type = answer.headers.get('content-type')?.split(';')[0] ?? ''
        const documented = operation.responses[String(answer.status)]
        const schema = documented?.content?.[type]?.schema
        expect({ said, failed: answer.status >= 500 }).toEqual({ said, failed: false })
        expect({
          said,
          documented: Boolean(documented && (schema || (text === '' && !documented.content))),
        }).toEqual({
          ...{ said, documented: true },
        })
        const fault = schema && type === 'application/json' ? faultOf(schema, JSON.parse(text)) : undefined
        expect({ said, fault }).toEqual({ said, fault: undefined })
      }),
      { numRuns: 80 },
    )
  })
})
