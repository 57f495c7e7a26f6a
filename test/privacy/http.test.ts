import { describe, expect, test } from 'vitest'
import { serveAll } from '../administration/harness.ts'
import { testDatabase } from '../support/index.ts'

const database = await testDatabase()
const { call } = await serveAll(database)
const BASE = '/RetailAppsDataPrivServicesRESTApp/rest/privatedata'

await database.run(`
  insert into merch.code_head values ('PTNR', 'Partner'), ('LOCT', 'Outside location');
  insert into merch.code_detail values ('PTNR', 'BK', 'Bank', 'N', 1, 'Y'), ('PTNR', 'AG', 'Agent', 'N', 2, 'N'),
    ('LOCT', 'DP', 'Discharge port', 'N', 1, 'Y');
  insert into merch.buyer values (1002, 'Matt Wilsman', '6125251034', '6125259800'), (1003, 'Ann Other', '6125251034', null)`)

const find = (customerId: string, headers: Record<string, string> = {}) =>
  call('GET', `${BASE}/getPersonalInfo?customer_id=${encodeURIComponent(customerId)}`, { headers })
const mask = (id: string, masks = '::'.repeat(14)) =>
  call('DELETE', `${BASE}/updatePersonalInfo?customer_id=${encodeURIComponent(`${id}${masks}`)}`)
const people = async (customerId: string) => {
  const { status, body } = await find(customerId)
  expect(status).toBe(200)
  return (body as Found)['Personal Information']['Get Personal Information'].list[0]
}

interface Found {
  readonly 'Personal Information': {
    readonly 'Get Personal Information': { readonly list: Record<string, string>[][] }
  }
}

test("the document's sample comes back as the document shows it", async () => {
  const { status, body, headers } = await find('BUYER::::1002::::::')
  expect(status).toBe(200)
  expect(headers.get('cache-control')).toBe('no-store')
  expect(body).toEqual({
    'Personal Information': {
      list: [],
      'Get Personal Information': {
        list: [
          [
            {
              ...{ ENTITY_NAME: 'BUYER', ENTITY_TYPE: 'null', ENTITY_ID: '1002', FULL_NAME: 'Matt Wilsman' },
              ...{ PHONE: '6125251034', FAX: '6125259800', TELEX: 'null', PAGER: 'null', EMAIL: 'null' },
            },
          ],
        ],
      },
    },
  })
})

test.each([
  ['BUYER::::::::6125251034::', ['1002', '1003']],
  ['BUYER::::::::(612) 525-1034::', ['1002', '1003']],
  ['BUYER::::::matt WILSMAN::::', ['1002']],
  ['BUYER::::1002::Matt Wilsman::6125251034::', ['1002']],
  ['BUYER::::1003::Matt Wilsman::::', []],
  ['BUYER::::::Matt::::', []],
  ['BUYER::::01002::::::', []],
  ['BUYER::::not a number::::::', []],
  ['BUYER::::::::::nobody@example', []],
  ["BUYER::::1002' or true--::::::", []],
])('%s finds whoever matches every part that is given', async (customerId, ids) => {
  expect((await people(customerId))!.map(({ ENTITY_ID }) => ENTITY_ID)).toEqual(ids)
})

interface Group {
  readonly id: string
  /** The entity and its address, with planted values. */
  readonly rows: string
  readonly table: string
  /** What is left when every part is null. */
  readonly left: Record<string, string | null>
  readonly addresses?: Record<string, string | null>
}

const address = (module: string, one: string, two = 'null') => `
  insert into merch.addr (module, key_value_1, key_value_2, add_1, add_2, add_3, county, city, state, country_id, post,
    contact_name, contact_phone, contact_telex, contact_fax, contact_email)
  values ('${module}', '${one}', ${two}, 'P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7', 'P8', 'P9', 'P10', 'P11', 'P12', 'P13')`
const maskedAddress = {
  ...{
    add_1: 'XXXXX',
    add_2: null,
    add_3: null,
    county: null,
    city: 'XXXXX',
    state: null,
    country_id: 'XXX',
  },
  ...{ post: null, contact_name: null, contact_phone: null, contact_telex: null, contact_fax: null },
  contact_email: null,
}
const contact = { contact_fax: null, contact_telex: null, contact_email: null }
const delivery = Object.fromEntries(
  ['deliver', 'bill'].flatMap((prefix) =>
    [
      'first_name',
      'last_name',
      'add1',
      'add2',
      'add3',
      'county',
      'city',
      'state',
      'country_id',
      'post',
      'phone',
      'email',
    ].map((name) => [`${prefix}_${name}`, null]),
  ),
)

const groups: Record<string, Group> = {
  BUYER: {
    id: 'BUYER::::7',
    rows: `insert into merch.buyer values (7, 'P', 'P', 'P')`,
    table: 'merch.buyer where buyer = 7',
    left: { buyer_name: 'XXXXX', buyer_phone: null, buyer_fax: null },
  },
  MERCHANT: {
    id: 'MERCHANT::::7',
    rows: `insert into merch.merchant values (7, 'P', 'P', 'P')`,
    table: 'merch.merchant where merch = 7',
    left: { merch_name: 'XXXXX', merch_phone: null, merch_fax: null },
  },
  STORE: {
    id: 'STORE::::7',
    rows: `insert into merch.store values (7, 'Boston', 'P', 'P', 'P', 'P'); ${address('ST', '7')}`,
    table: 'merch.store where store = 7',
    left: {
      store_name: 'Boston',
      store_mgr_name: 'XXXXX',
      phone_number: null,
      fax_number: null,
      email: null,
    },
    addresses: maskedAddress,
  },
  WAREHOUSE: {
    id: 'WAREHOUSE::::7',
    rows: `insert into merch.wh values (7, 'North', 'P'); ${address('WH', '7')}`,
    table: 'merch.wh where wh = 7',
    left: { wh_name: 'North', email: null },
    addresses: maskedAddress,
  },
  SUPPLIER: {
    id: 'SUPPLIER::::7',
    rows: `insert into merch.sups values (7, 'Acme', 'P', 'P', 'P', 'P', 'P', 'P'); ${address('SUPP', '7')}`,
    table: 'merch.sups where supplier = 7',
    left: {
      sup_name: 'Acme',
      contact_name: 'XXXXX',
      contact_phone: 'XXXXX',
      contact_pager: null,
      ...contact,
    },
    addresses: maskedAddress,
  },
  PARTNER: {
    id: 'PARTNER::BK::7',
    rows: `insert into merch.partner values ('BK', '7', 'Bank', 'P', 'P', 'P', 'P', 'P'), ('AG', '7', 'Agent', 'stays', 'stays', null, null, null);
      ${address('PTNR', 'BK', "'7'")}`,
    table: `merch.partner where partner_type = 'BK'`,
    left: { partner_desc: 'Bank', contact_name: 'XXXXX', contact_phone: 'XXXXX', ...contact },
    addresses: maskedAddress,
  },
  OUTLOC: {
    id: 'OUTLOC::DP::7',
    rows: `insert into merch.outloc values ('DP', '7', 'Port', 'P', 'P', 'P', 'P', 'P', 'P', 'P', 'P', 'P', 'P', 'P', 'P')`,
    table: 'merch.outloc',
    left: {
      ...{
        outloc_desc: 'Port',
        outloc_add1: 'XXXXX',
        outloc_add2: null,
        outloc_county: null,
        outloc_city: 'XXXXX',
      },
      ...{
        outloc_state: null,
        outloc_country_id: 'XXX',
        outloc_post: null,
        contact_name: null,
        contact_phone: null,
      },
      ...contact,
    },
  },
  'ORDER CUSTOMER': {
    id: 'ORDER CUSTOMER::::7',
    rows: `insert into merch.ordcust values (7, 'C7', ${Array(24).fill("'P'").join(', ')})`,
    table: 'merch.ordcust',
    left: { customer_no: 'C7', ...delivery },
  },
}

for (const { rows } of Object.values(groups)) await database.run(rows)

describe.each(Object.entries(groups))('%s', (name, { id, table, left, addresses }) => {
  test('is found and masked with its addresses; required fields get XXXXX, as much as fits', async () => {
    expect((await people(`${id}::::::`))!.length).toBeGreaterThan(0)
    const answer = await mask(id)
    expect([answer.status, answer.text]).toEqual([200, ''])
    const [masked] = await database.run(`select * from ${table}`)
    expect(masked).toMatchObject(left)
    if (addresses) {
      const where =
        name === 'PARTNER'
          ? `module = 'PTNR' and key_value_2 = '7'`
          : `key_value_1 = '7' and module = '${modules[name]!}'`
      expect(await database.run(`select * from merch.addr where ${where}`)).toMatchObject([addresses])
    }
    expect(JSON.stringify(await people(`${id}::::::`))).not.toMatch(/"P\d*"/)
  })

  test('is masked with what is given, cut to the width of the column, and the same again is no error', async () => {
    const masks = '::Mr X::555::fx::tx::pg::x@y::street::::::county::town::state::country::post'
    expect((await mask(id, masks)).status).toBe(200)
    expect((await mask(id, masks)).status).toBe(200)
    const found = (await people(`${id}::::::`))!
    expect(found.length).toBeGreaterThan(0)
    for (const { FULL_NAME, ENTITY_NAME, EMAIL } of found) {
      expect([ENTITY_NAME, ['Mr X', 'null'].includes(FULL_NAME!), ['x@y', 'null'].includes(EMAIL!)]).toEqual([
        name,
        true,
        true,
      ])
    }
  })
})

const modules: Record<string, string> = { STORE: 'ST', WAREHOUSE: 'WH', SUPPLIER: 'SUPP' }

test('another entity with the same id, or another type, stays as it is', async () => {
  expect(await database.run(`select contact_name from merch.partner where partner_type = 'AG'`)).toEqual([
    { contact_name: 'stays' },
  ])
  const addresses = () => database.run(`select * from merch.addr where module = 'WH'`)
  const before = await addresses()
  await mask('STORE::::7')
  expect(before).not.toEqual([])
  expect(await addresses()).toEqual(before)
})

test('masking nobody is an error', async () => {
  for (const id of ['BUYER::::4711', 'BUYER::::abc', 'PARTNER::BK::nobody']) {
    const { status, body } = await mask(id)
    expect(status).toBe(400)
    expect(body).toMatchObject({
      status: 'ERROR',
      businessError: [{ errorMessage: 'No record was updated' }],
    })
  }
})

test('an entity type must be a code of its code type, used or not', async () => {
  expect((await find('PARTNER::AG::7::::::')).status).toBe(200)
  const { status, body } = await find('PARTNER::DP::7::::::')
  expect(status).toBe(400)
  const error = 'must be a code of PTNR: BK, AG'
  expect(body).toMatchObject({
    validationErrors: [{ field: 'customer_id.entityType', error, inputValue: null }],
  })
})

test('without codes the type cannot be checked, and the error says what to load', async () => {
  await database.run(
    `alter table merch.code_detail rename to gone; create table merch.code_detail (like merch.gone)`,
  )
  try {
    const { status, body } = await find('OUTLOC::DP::7::::::')
    expect(status).toBe(400)
    expect(JSON.stringify(body)).toContain('The code type LOCT has no codes')
  } finally {
    await database.run(`drop table merch.code_detail; alter table merch.gone rename to code_detail`)
  }
})

const secret = 'Zebulon Quixworth'
test.each([
  ['GET', 'getPersonalInfo', 400, 'is required'],
  ['GET', 'getPersonalInfo?customer_id=a&customer_id=b', 400, 'must be given once'],
  ['GET', `getPersonalInfo?customer_id=BUYER::::::${secret}`, 400, 'must have 6 parts'],
  [
    'GET',
    `getPersonalInfo?customer_id=BUYER::::::Smith&${secret}=`,
    400,
    'has a parameter that is not known',
  ],
  ['GET', `getPersonalInfo?customer_id=${secret}::::::${secret}::::`, 400, 'must be one of BUYER'],
  ['GET', 'getPersonalInfo?customer_id=%E0%A4%A::::1::::::', 400, 'must be one of BUYER'],
  ['DELETE', 'updatePersonalInfo', 400, 'is required'],
  ['DELETE', `updatePersonalInfo?customer_id=BUYER::::::${secret}::::::`, 400, 'must have 17 parts'],
  ['DELETE', `getPersonalInfo?customer_id=BUYER::::1::::::`, 405, 'The method must be one of GET'],
  ['GET', `updatePersonalInfo?customer_id=BUYER::::1::::::`, 405, 'The method must be one of DELETE'],
  ['POST', 'config/access', 405, 'The method must be one of GET'],
  ['GET', `config/access?name=${secret}`, 400, 'has a parameter that is not known'],
])('%s %s answers %i and shows no value', async (method, place, status, message) => {
  const answer = await call(method, `${BASE}/${place}`)
  expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(message)])
  expect(answer.text).not.toContain('Zebulon')
})

test('a rule of a table that forbids the mask is told by its name, and nothing is changed', async () => {
  await database.run(`
    alter table merch.merchant add constraint merchant_fax_given check (merch <> 8 or merch_fax is not null);
    insert into merch.merchant values (8, 'Kept Name', null, 'Kept Fax')`)
  const answer = await mask('MERCHANT::::8')
  expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('merchant_fax_given')])
  expect(answer.text).not.toContain('Kept')
  expect((await people('MERCHANT::::8::::::'))![0]).toMatchObject({ FULL_NAME: 'Kept Name' })
})

test('application/xml gets an HTML page with every value escaped', async () => {
  await database.run(`insert into merch.buyer values (66, '<script>alert("1")</script>', '& <b>', null)`)
  const { status, headers, text } = await find('BUYER::::66::::::', { accept: 'application/xml' })
  expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=UTF-8'])
  expect(headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(text).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;')
  expect(text).toContain('&amp; &lt;b&gt;')
  expect(text).not.toMatch(/<script|<b>/)
  const json = await find('BUYER::::66::::::', { accept: 'application/json, application/xml;q=0.5' })
  expect(json.body).toBeDefined()
})

test('the entities can be listed, with the codes of their types', async () => {
  const { status, body } = await call('GET', `${BASE}/config/access`)
  expect(status).toBe(200)
  const { items } = body as { items: Record<string, unknown>[] }
  expect(items.map(({ entityName }) => entityName)).toEqual(Object.keys(groups))
  expect(items[5]).toEqual({
    ...{ entityName: 'PARTNER', description: 'Partner', codeType: 'PTNR' },
    entityTypes: [
      { code: 'BK', description: 'Bank' },
      { code: 'AG', description: 'Agent' },
    ],
  })
})
