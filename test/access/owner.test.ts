import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ADMIN_KEY, testApp, testDatabase } from '../support/index.ts'
import { makeFeed } from '../publish/harness.ts'
import { clientsOf, OPERATIONS } from './support.ts'

const database = await testDatabase()
const app = await testApp(database.url, { 'targets.allow': ['*.receiver.example'] }, { role: 'api' })
const { keyOf, changeClient } = clientsOf(database)
const keys = {
  ann: await keyOf('ann', 'integrator'),
  bob: await keyOf('bob', 'integrator'),
  cut: await keyOf('cut', 'integrator', { services: ['bench/a', 'bench/none'] }),
  op: await keyOf('op', 'operator'),
  reader: await keyOf('reader', 'reader', { services: ['bench/a'] }),
  admin: ADMIN_KEY,
}
type Who = keyof typeof keys

beforeAll(async () => {
  const feed = await makeFeed(database, 'bench/a')
  await database.run(feed.upsert('1', { id: '1' }))
  await makeFeed(database, 'bench/a/sub')
  await makeFeed(database, 'bench/b')
})

async function call(who: Who, method: string, path: string, body?: object) {
  const answer = await fetch(`${app.url}${path}`, {
    method,
    headers: { 'x-api-key': keys[who], 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: answer.status, text: await answer.text() }
}
const manage = (who: Who, ...items: object[]) =>
  call(who, 'PUT', `${OPERATIONS}/webhooks/manage`, { collectionSize: items.length, items })
const credential = (who: Who, credentialName: string, more: object = {}) =>
  call(who, 'PUT', `${OPERATIONS}/webhook/credential/manage`, {
    ...{ credentialName, credentialType: 'APIKEY', apikey: `key-${credentialName}`, ...more },
  })
const item = (listenerName: string, credentialName: string, more: object = {}) => ({
  ...{
    service: 'bench/a',
    listenerName,
    credentialName,
    listenerUrl: 'https://in.receiver.example/',
    ...more,
  },
})
const list = async (who: Who) => {
  const { text } = await call(who, 'GET', `${OPERATIONS}/webhooks`)
  const { items } = JSON.parse(text) as {
    items: { credentialName: string; listenerName?: string; owner: string }[]
  }
  return items.map(
    ({ credentialName, listenerName = '-', owner }) => `${credentialName} ${listenerName} ${owner}`,
  )
}
const rowOf = (listenerName: string) =>
  database.run(`select * from sincewire.listener where listener_name = '${listenerName}'`)

describe('an integrator', () => {
  beforeEach(async () => {
    await database.run('delete from sincewire.listener; delete from sincewire.credential')
    await changeClient('cut', { services: ['bench/a', 'bench/none'] })
    for (const who of ['ann', 'bob'] as const) {
      await credential(who, `C_${who}`)
      await credential(who, `spare_${who}`)
      await manage(who, item(`of-${who}`, `C_${who}`))
    }
    await credential('op', 'C_op')
    await manage('op', item('of-op', 'C_op'))
  })

  test('sees its own, an operator sees all', async () => {
    expect(await list('ann')).toEqual(['C_ann of-ann ann', 'spare_ann - ann'])
    expect(await list('op')).toEqual([
      ...['C_ann of-ann ann', 'C_bob of-bob bob', 'C_op of-op op', 'spare_ann - ann', 'spare_bob - bob'],
    ])
    expect(await list('admin')).toEqual(await list('op'))
  })

  test.for([
    ['changes', { pageLimit: 5 }],
    ['disables', { enabled: 'N' }],
    ['replays', { sinceTimestamp: '2020-01-01T00:00:00.000Z' }],
    ['removes', { deleteInd: 'Y' }],
    ['takes over', { listenerUrl: 'https://evil.receiver.example/' }],
  ] as const)('never %s what is another’s, and nothing of the same call is done', async ([, change]) => {
    const before = await rowOf('of-bob')
    const { status, text } = await manage(
      ...(['ann', item('new', 'C_ann'), { service: 'bench/a', listenerName: 'of-bob', ...change }] as const),
    )
    expect([status, text]).toEqual([
      403,
      expect.stringContaining('items[1] (listener of-bob): this listenerName belongs to another client'),
    ])
    expect([await rowOf('of-bob'), await rowOf('new')]).toEqual([before, []])
  })

  test('neither changes nor removes another’s credential, and using one is like using none', async () => {
    for (const more of [{ apikey: 'mine' }, { deleteInd: 'Y' }, { credentialType: 'BASICAUTH' }]) {
      expect((await credential('ann', 'C_bob', more)).status).toBe(403)
    }
    const [theirs, none] = [
      await manage('ann', item('new', 'C_bob')),
      await manage('ann', item('new', 'C_none')),
    ]
    expect(theirs.text.replaceAll('C_bob', 'C_none')).toBe(none.text)
    expect([
      theirs.status,
      (await manage('ann', { service: 'bench/a', listenerName: 'of-ann', credentialName: 'C_bob' })).status,
    ]).toEqual([400, 400])
  })

  test('never has another’s secret sent to a place of its own', async () => {
    await manage('op', { service: 'bench/a', listenerName: 'of-ann', credentialName: 'C_op' })
    const to = { service: 'bench/a', listenerName: 'of-ann', listenerUrl: 'https://mine.receiver.example/' }
    expect((await manage('ann', to)).status).toBe(403)
    expect((await manage('ann', { ...to, credentialName: 'C_op' })).status).toBe(400)
    expect(
      (await manage('ann', { ...to, listenerUrl: 'https://in.receiver.example/', pageLimit: 7 })).status,
    ).toBe(200)
    expect((await manage('ann', { ...to, credentialName: 'C_ann' })).status).toBe(200)
  })

  test('is not told who else uses its credential', async () => {
    await manage('op', item('secret-name', 'spare_ann'))
    const { status, text } = await credential('ann', 'spare_ann', { deleteInd: 'Y' })
    expect([status, text.includes('secret-name')]).toEqual([400, false])
    await manage('op', { service: 'bench/a', listenerName: 'secret-name', deleteInd: 'Y' })
  })

  test('that is limited to services registers for these only; what it has may still be ended', async () => {
    await credential('cut', 'C_cut')
    expect((await manage('cut', item('cut-a', 'C_cut'))).status).toBe(200)
    const [other, none] = await Promise.all(
      ['bench/b', 'no/such'].map((service) => manage('cut', item('cut-b', 'C_cut', { service }))),
    )
    expect([other!.status, other!.text.replaceAll('bench/b', 'no/such')]).toEqual([403, none!.text])
    await changeClient('cut', { services: ['bench/b'] })
    const change = (more: object) => manage('cut', { service: 'bench/a', listenerName: 'cut-a', ...more })
    expect([(await change({ pageLimit: 3 })).status, (await change({ deleteInd: 'Y' })).status]).toEqual([
      403, 200,
    ])
  })

  test('of a listener from before there were clients nothing is an integrator’s', async () => {
    await database.run(`update sincewire.listener set owner = null where listener_name = 'of-bob'`)
    expect((await manage('bob', { service: 'bench/a', listenerName: 'of-bob', pageLimit: 5 })).status).toBe(
      403,
    )
    expect((await manage('op', { service: 'bench/a', listenerName: 'of-bob', pageLimit: 5 })).status).toBe(
      200,
    )
    expect(await list('bob')).toEqual(['C_bob - bob', 'spare_bob - bob'])
  })
})

test('a reader limited to services pulls these only, and cannot tell others from none', async () => {
  const pull = (place: string) => call('reader', 'GET', `/MerchIntegrations/services/${place}`)
  expect([(await pull('bench/a')).status, (await pull('bench/a/1')).status]).toEqual([200, 200])
  const refused = await pull('no/such')
  expect(refused.status).toBe(403)
  for (const place of ['bench/b', 'bench/b/1', 'bench', 'bench/a/sub/1']) {
    expect([place, await pull(place)]).toEqual([place, refused])
  }
  expect(await pull('bench/a/sub')).toEqual(await pull('bench/a/none'))
  expect(JSON.parse((await pull('omnichannel/refreshdate')).text)).toMatchObject({
    items: [{ entity: 'bench/a' }],
    count: 1,
  })
  const [theirs, none] = [
    await pull('omnichannel/refreshdate?entitytype=bench/b'),
    await pull('omnichannel/refreshdate?entitytype=bench/x'),
  ]
  expect([theirs.status, theirs.text.replaceAll('bench/b', 'bench/x')]).toEqual([400, none.text])
})
