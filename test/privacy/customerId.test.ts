import { expect, test } from 'vitest'
import { SincewireError } from '../../src/domain/errors.ts'
import { parseFind, parseMask } from '../../src/domain/privacy/customerId.ts'
import { ENTITIES } from '../../src/domain/privacy/entity.ts'

const entity = (name: string) => ENTITIES.find((each) => each.name === name)
const nothing = { entityType: null, entityId: null, fullName: null, phone: null, email: null }

test.each([
  ['BUYER::::1002::::::', { entityId: '1002' }],
  ['BUYER::::1002::Matt Wilsman::6125251034::m@w.example', 'all'],
  ['BUYER::::::  Matt Wilsman ::::', { fullName: 'Matt Wilsman' }],
  ['BUYER::null::null::null::6125251034::null', { phone: '6125251034' }],
  ['BUYER::::::::::a:b@example', { email: 'a:b@example' }],
])('a query reads %s', (text, given) => {
  const all = { entityId: '1002', fullName: 'Matt Wilsman', phone: '6125251034', email: 'm@w.example' }
  const wanted = { entity: entity('BUYER'), ...nothing, ...(given === 'all' ? all : (given as object)) }
  expect(parseFind(text)).toEqual(wanted)
})

test('an entity with types reads them', () => {
  expect(parseFind('PARTNER::BK::P1::::::')).toMatchObject({ entityType: 'BK', entityId: 'P1' })
  expect(parseMask(`OUTLOC::DP::L1${'::'.repeat(14)}`)).toMatchObject({
    entityType: 'DP',
    entityId: 'L1',
    masks: {},
  })
})

test('an update reads its seventeen parts by their places', () => {
  const text = 'STORE::::1::name::ph::fx::tx::pg::em::a1::a2::a3::co::ci::st::US::pc'
  expect(parseMask(text)).toEqual({
    ...{ entity: entity('STORE'), entityType: null, entityId: '1' },
    masks: {
      ...{ fullName: 'name', phone: 'ph', fax: 'fx', telex: 'tx', pager: 'pg', email: 'em' },
      ...{ addr1: 'a1', addr2: 'a2', addr3: 'a3', county: 'co', city: 'ci', state: 'st' },
      ...{ countryId: 'US', postalCode: 'pc' },
    },
  })
})

const parts = (count: number) => `must have ${count} parts: `
test.each([
  ['find', '', 'customer_id', parts(6)],
  ['find', 'BUYER', 'customer_id', parts(6)],
  ['find', 'BUYER::::1002::::', 'customer_id', parts(6)],
  ['find', 'BUYER::::1002::::::::', 'customer_id', parts(6)],
  ['find', `BUYER::::1${'::'.repeat(14)}`, 'customer_id', parts(6)],
  ['find', '::::1002::::::', 'customer_id.entityName', 'is required'],
  ['find', 'buyer::::1002::::::', 'customer_id.entityName', 'must be one of BUYER, MERCHANT'],
  ['find', 'CUSTOMER::::1002::::::', 'customer_id.entityName', 'must be one of BUYER, MERCHANT'],
  ['find', 'BUYER::BK::1002::::::', 'customer_id.entityType', 'must be empty for BUYER'],
  ['find', 'PARTNER::::1002::::::', 'customer_id.entityType', 'is required for PARTNER: a code of PTNR'],
  ['find', 'OUTLOC::::1002::::::', 'customer_id.entityType', 'is required for OUTLOC: a code of LOCT'],
  ['find', 'BUYER::::::::::', 'customer_id', 'must give one of'],
  ['find', 'BUYER::::::::---::', 'customer_id.phone', 'must hold a digit'],
  ['find', `BUYER::::${'9'.repeat(241)}::::::`, 'customer_id.entityId', 'must be at most 240 characters'],
  ['find', 'BUYER::::1\u0000::::::', 'customer_id.entityId', 'must not hold control characters'],
  ['mask', 'BUYER::::1002::::::', 'customer_id', parts(17)],
  ['mask', `BUYER::::${'::'.repeat(14)}`, 'customer_id.entityId', 'is required'],
  ['mask', `NOBODY::::1${'::'.repeat(14)}`, 'customer_id.entityName', 'must be one of BUYER, MERCHANT'],
  ['mask', `PARTNER::::1${'::'.repeat(14)}`, 'customer_id.entityType', 'is required for PARTNER'],
  ['mask', `BUYER::::1${'::'.repeat(13)}\uD800::`, 'customer_id.countryId', 'must be well-formed Unicode'],
] as const)('%s refuses %j, names the part and shows no value', (verb, text, field, error) => {
  const parse = verb === 'find' ? parseFind : parseMask
  const thrown = catching(() => parse(text))
  expect(thrown.code).toBe('invalid')
  expect(thrown.fields).toEqual([{ field, error: expect.stringContaining(error), inputValue: null }])
})

function catching(work: () => unknown): SincewireError {
  try {
    work()
  } catch (error) {
    if (error instanceof SincewireError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
