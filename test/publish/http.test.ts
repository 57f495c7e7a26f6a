import { describe, expect, test } from 'vitest'
import { testDatabase } from '../support/index.ts'
import { beforeOf, linkOf, makeFeed, servePublish } from './harness.ts'

const database = await testDatabase()
const item = await makeFeed(database, 'foundation/item', {
  filters: [
    { name: 'deptId', path: '$.dept' },
    { name: 'status', path: '$.status', values: ['A', 'C'] },
    { name: 'supplier', path: '$.itemSupplier[*].supplier' },
    { name: 'createdFrom', path: '$.created', match: 'from' },
  ],
})
const itemLoc = await makeFeed(database, 'foundation/item/location')
await makeFeed(database, 'foundation/off', { enabled: false })
await makeFeed(database, 'foundation/new', { loaded: false })
await database.run(
  `insert into sincewire.merchapi_config (merchapi_name, enabled) values ('foundation/bare', true)`,
)
const { get, api, origin } = await servePublish(database)

await database.run(
  [1, 2, 3, 4, 5]
    .map((n) =>
      item.upsert(`${n}`, {
        item: `${n}`,
        dept: n % 2,
        status: 'A',
        price: n / 4,
        created: `2026-01-0${n}`,
        itemSupplier: [{ supplier: 's1' }, { supplier: `t${n}` }],
      }),
    )
    .join('') +
    itemLoc.upsert('S,1,100/7', { item: '100/7' }) +
    item.upsert('location', { item: 'location' }),
)

const itemsOf = (records: readonly Record<string, unknown>[]) => records.map((record) => record['item'])

describe('a collection', () => {
  test('without since is a full download, its links pinned to one window', async () => {
    const first = await get('foundation/item?limit=4')
    expect(first.status).toBe(200)
    expect(first.headers.get('content-type')).toBe('application/json')
    expect(first.body).toMatchObject({ hasMore: true, limit: 4, count: 4 })
    expect(itemsOf(first.body.items)).toEqual(['1', '2', '3', '4'])
    expect(Object.keys(first.body.items[0]!).slice(0, 3)).toEqual([
      'action',
      'cacheTimestamp',
      'cacheCreateTimestamp',
    ])
    const [self, next] = [linkOf(first.body, 'self')!, linkOf(first.body, 'next')!]
    expect(Object.fromEntries(self.searchParams)).toEqual({
      since: '1970-01-01T00:00:00.000Z',
      before: beforeOf(first.body),
      limit: '4',
    })
    expect(next.origin).toBe(origin)
    expect([...next.searchParams.keys()]).toEqual(['since', 'before', 'limit', 'offsetkey'])
    await database.run(item.upsert('6', { item: '6' }))
    const second = await get(next.href)
    expect(itemsOf(second.body.items)).toEqual(['5', 'location'])
    expect(second.body).toMatchObject({ hasMore: false, count: 2 })
    expect(second.body.links.map(({ rel }) => rel)).toEqual(['self'])
    expect(linkOf(second.body, 'self')!.href).toBe(next.href)
    const later = await get(`foundation/item?since=${beforeOf(first.body)}`)
    expect(itemsOf(later.body.items)).toEqual(['6'])
    await database.run('delete from sincewire_feed.foundation_item where key = $$6$$')
  })

  test('says of each record what happened in the window, and sends a deleted one with its last document', async () => {
    const feed = await makeFeed(database, 'actions')
    await database.run(feed.upsert('old', { v: 1 }) + feed.upsert('gone', { v: 1 }))
    const since = beforeOf((await get('actions')).body)
    await database.run(feed.upsert('old', { v: 2 }) + feed.remove('gone') + feed.upsert('new', { v: 1 }))
    const { body } = await get(`actions?since=${since}`)
    expect(body.items.map(({ action, v }) => [action, v])).toEqual([
      ['UPDATE', 2],
      ['DELETE', 1],
      ['INSERT', 1],
    ])
    expect(
      body.items.every(({ cacheTimestamp }) =>
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(cacheTimestamp),
      ),
    ).toBe(true)
  })

  test('filters by the service’s own parameters, and keeps them through the pages', async () => {
    const odd = await get('foundation/item?deptId=1&limit=2&status=A')
    expect(itemsOf(odd.body.items)).toEqual(['1', '3'])
    expect(itemsOf((await get(linkOf(odd.body, 'next')!.href)).body.items)).toEqual(['5'])
    expect(itemsOf((await get('foundation/item?supplier=t2')).body.items)).toEqual(['2'])
    expect(itemsOf((await get('foundation/item?createdFrom=2026-01-04')).body.items)).toEqual(['4', '5'])
  })

  test('cuts records to include and exclude, the envelope stays', async () => {
    const { body } = await get(
      'foundation/item?limit=1&include=items.item,items.itemSupplier.supplier&exclude=items.none',
    )
    expect(body).toMatchObject({ hasMore: true, count: 1, limit: 1 })
    expect(body.items).toEqual([{ item: '1', itemSupplier: [{ supplier: 's1' }, { supplier: 't1' }] }])
    const next = await get(linkOf(body, 'next')!.href)
    expect(Object.keys(next.body.items[0]!)).toEqual(['item', 'itemSupplier'])
  })

  test('says when a feed was loaded, so that an empty page of a new one is not taken for silence', async () => {
    const fresh = await get('foundation/new')
    expect(fresh.body).toMatchObject({ items: [], count: 0, hasMore: false })
    expect(fresh.headers.get('x-feed-loaded')).toBe('never')
    expect((await get('foundation/item')).headers.get('x-feed-loaded')).toMatch(/^2.*Z$/)
  })

  test('answers HEAD without a body', async () => {
    const head = await get('foundation/item', 'HEAD')
    expect([head.status, head.text]).toEqual([200, ''])
  })

  test('is read in pieces when the page is large, and says so nowhere', async () => {
    const feed = await makeFeed(database, 'large')
    await database.run(`insert into sincewire_feed.large (key, document)
      select i, json_build_object('id', i) from generate_series(1, 12001) i`)
    const { body } = await get(`${feed.service}?limit=12000`)
    expect(body).toMatchObject({ count: 12_000, hasMore: true })
    expect(new Set(body.items.map(({ id }) => id)).size).toBe(12_000)
    expect((await get(linkOf(body, 'next')!.href)).body).toMatchObject({ count: 1, hasMore: false })
  })
})

describe('a record', () => {
  test('is found by its key, composite ones joined by commas, with action null', async () => {
    const one = await get('foundation/item/3')
    expect(one.body).toMatchObject({ action: null, item: '3', price: 0.75 })
    expect(one.headers.get('x-feed-loaded')).toMatch(/Z$/)
    expect((await get('foundation/item/location/S,1,100%2F7')).body['item']).toBe('100/7')
    expect((await get('foundation/item/3?include=items.item')).body).toEqual({ item: '3' })
  })

  test('the longest registered service name wins over a key', async () => {
    expect((await get('foundation/item/location')).body.count).toBe(1)
  })

  test.each([
    'foundation/item/none',
    'foundation/item/1/2',
    'foundation/item/',
    'foundation/item/a%00b',
    'foundation',
    'none',
    'none/1',
    '',
    'foundation%2Fitem',
  ])('there is none at %s: 404 in the documented shape', async (path) => {
    const answer = await get(path)
    expect([answer.status, answer.body]).toEqual([404, { status: 'ERROR', message: 'Resource not Found' }])
  })

  test('that is deleted is not found', async () => {
    await database.run(itemLoc.upsert('S,1,9', { item: '9' }) + itemLoc.remove('S,1,9'))
    expect((await get('foundation/item/location/S,1,9')).status).toBe(404)
  })
})

describe('what is wrong is named: 400 and nothing else', async () => {
  const run = await get('foundation/item?limit=2')
  const next = linkOf(run.body, 'next')!
  const changed = (name: string, value: string) => {
    const url = new URL(next)
    url.searchParams.set(name, value)
    return url.href
  }
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString()

  test.each([
    ['sinse=2026-01-01T00:00:00Z', 'sinse'],
    ['deptid=1', 'deptid'],
    ['limit=5&limit=6', 'limit'],
    ['since=yesterday', 'since'],
    ['since=2026-02-30T00:00:00.000Z', 'since'],
    ['since=2026-01-01T00:00:00.000', 'since'],
    ['since=', 'since'],
    ['before=2026-01-01', 'before'],
    ['before=2026-01-01T00:00:00.123456Z', 'before'],
    ['since=2026-01-02T00:00:00Z&before=2026-01-01T00:00:00Z', 'since'],
    [`since=${tomorrow}`, 'since'],
    [`before=${tomorrow}`, 'before'],
    [`since=${tomorrow}&before=${tomorrow}`, 'before'],
    ...['0', '000000', '1000000', '-1', '1.5', 'ten', '', '%201'].map((limit) => [`limit=${limit}`, 'limit']),
    ['include=item', 'include'],
    ['include=', 'include'],
    ['exclude=items..a', 'exclude'],
    ['exclude=hasMore', 'exclude'],
    ['optimalBefore=y', 'optimalBefore'],
    ['status=X', 'status'],
    ['deptId=', 'deptId'],
    ['deptId=%00', 'deptId'],
    ['offsetkey=abc&before=2026-01-01T00:00:00Z', 'offsetkey'],
    ['offsetkey=%00%ff&before=2026-01-01T00:00:00Z', 'offsetkey'],
    [`offsetkey=${next.searchParams.get('offsetkey')}`, 'offsetkey'],
  ])('%s', async (query, field) => {
    const { status, body } = await get(`foundation/item?${query}`)
    expect(status).toBe(400)
    expect(body).toEqual({
      status: 'ERROR',
      message: 'Error found in validation of query parameters',
      validationErrors: [{ error: expect.any(String), field, inputValue: expect.anything() }],
    })
  })

  test('an offsetkey made for another window, service or choice of filters', async () => {
    const before = new Date(Date.parse(beforeOf(run.body)) - 1).toISOString()
    for (const url of [
      changed('since', '1970-01-01T00:00:00.001Z'),
      changed('before', before),
      changed('deptId', '1'),
      next.href.replace('item?', 'item/location?'),
    ]) {
      const { status, body } = await get(url)
      expect({ url, status, body }).toMatchObject({
        status: 400,
        body: { validationErrors: [{ field: 'offsetkey' }] },
      })
    }
    expect((await get(changed('limit', '1'))).body.count).toBe(1)
  })

  test('everything that is wrong is told at once', async () => {
    const { body } = await get('foundation/item?limit=0&since=x&colour=red')
    expect((body['validationErrors'] as { field: string }[]).map(({ field }) => field)).toEqual([
      'colour',
      'since',
      'limit',
    ])
  })

  test('the future is answered with the server’s time', async () => {
    const { body } = await get(`foundation/item?before=${tomorrow}`)
    expect(body['validationErrors']).toMatchObject([
      { error: expect.stringContaining(`server's time is ${new Date().toISOString().slice(0, 13)}`) },
    ])
  })

  test('window parameters for one record, and a path that is not percent-encoded', async () => {
    expect(
      (await get('foundation/item/1?since=2026-01-01T00:00:00Z')).body['validationErrors'],
    ).toMatchObject([{ field: 'since' }])
    const raw = await api.request('/MerchIntegrations/services/foundation/item/%zz')
    expect([raw.status, await raw.json()]).toMatchObject([
      400,
      { validationErrors: [{ field: 'path', inputValue: '%zz' }] },
    ])
  })

  test('a service that is not enabled or has no change table is refused by the business', async () => {
    for (const path of ['foundation/off', 'foundation/off/1', 'foundation/bare']) {
      const { status, body } = await get(path)
      expect([status, body]).toMatchObject([
        400,
        { status: 'ERROR', businessError: [{ service: path.replace('/1', '') }] },
      ])
    }
  })
})

describe('refresh dates', () => {
  const path = 'omnichannel/refreshdate'

  test('tell of each enabled service when it was loaded and last changed', async () => {
    const { body } = await get(path)
    const byName = new Map(body.items.map((entry) => [entry['entity'], entry]))
    expect(body).toMatchObject({ hasMore: false, count: byName.size })
    expect(byName.has('foundation/off')).toBe(false)
    const { items } = (await get('foundation/item')).body
    expect(byName.get('foundation/item')).toEqual({
      entity: 'foundation/item',
      refreshdate: expect.stringMatching(/Z$/),
      latestupdatetime: items.at(-1)!.cacheTimestamp,
      loadedAt: expect.stringMatching(/Z$/),
    })
    const never = { refreshdate: null, latestupdatetime: null, loadedAt: null }
    expect(byName.get('foundation/new')).toEqual({ entity: 'foundation/new', ...never })
    expect(byName.get('foundation/bare')).toEqual({ entity: 'foundation/bare', ...never })
  })

  test('of one service; an unknown one, another parameter and a repeated one are named', async () => {
    const one = await get(`${path}?entitytype=foundation/item`)
    expect([one.body.count, linkOf(one.body, 'self')!.search]).toEqual([1, '?entitytype=foundation/item'])
    for (const [query, field] of [
      ['entitytype=none', 'entitytype'],
      ['entitytype=foundation/off', 'entitytype'],
      ['x=1', 'x'],
      ['entitytype=a&entitytype=b', 'entitytype'],
    ]) {
      expect((await get(`${path}?${query}`)).body['validationErrors']).toMatchObject([{ field }])
    }
  })
})

test('the OpenAPI document knows the publish API', () => {
  const paths = api.getOpenAPI31Document({ openapi: '3.1.0', info: { title: 't', version: '1' } }).paths!
  const ours = Object.keys(paths).filter((path) => path.startsWith('/MerchIntegrations/'))
  expect(ours.sort()).toEqual([
    '/MerchIntegrations/services/omnichannel/refreshdate',
    '/MerchIntegrations/services/{service}',
    '/MerchIntegrations/services/{service}/{id}',
  ])
})
