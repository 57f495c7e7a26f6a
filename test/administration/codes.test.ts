import { beforeAll, describe, expect, test } from 'vitest'
import { codeTypePage, saveCodes } from '../../src/db/code.ts'
import { rowsRead, testDatabase } from '../support/index.ts'
import { OPERATIONS, PRIVATE, serveAll } from './harness.ts'

const database = await testDatabase()
const { url, get } = await serveAll(database)

/** In the order of their bytes: capitals before small letters, whatever the database's locale. */
const types = ['A', 'B1', 'LOB', 'LOC', 'YN', 'a&b=c', 'zz', 'Ä']

beforeAll(async () => {
  const rows = types.flatMap((codeType) =>
    ['2', '10', '1'].map((code) => ({
      ...{ codeType, codeTypeDesc: `Type ${codeType}`, code, codeDesc: `Code ${code}` },
      ...{ requiredInd: 'N' as const, codeSeq: Number(code), usedInd: 'Y' as const },
    })),
  )
  await saveCodes(database.db, rows)
  await database.run(`insert into merch.code_head values ('EMPTY', 'without codes')`)
})

const namesOf = (items: readonly { codeType: string }[]) => items.map(({ codeType }) => codeType)

describe('the codes', () => {
  test('come by type in one order, each with all its codes by sequence', async () => {
    const { body } = await get(`${OPERATIONS}/codes`)
    expect(namesOf(body.items)).toEqual(['A', 'B1', 'EMPTY', 'LOB', 'LOC', 'YN', 'a&b=c', 'zz', 'Ä'])
    expect(body).toMatchObject({ hasMore: false, limit: 1000, count: 9 })
    expect(body.items[0].details.map(({ code }: { code: string }) => code)).toEqual(['1', '2', '10'])
    expect(body.items[2].details).toEqual([])
  })

  test.for([1, 2, 4, 8, 9, 10])('in pages of %i follow the next links to the same types', async (limit) => {
    const whole = namesOf((await get(`${OPERATIONS}/codes`)).body.items)
    const seen: string[] = []
    let next: string | undefined = `${url}${OPERATIONS}/codes?limit=${limit}`
    while (next !== undefined) {
      const { body } = await get(next)
      expect(body.count).toBeLessThanOrEqual(limit)
      seen.push(...namesOf(body.items))
      const links: { rel: string; href: string }[] = body.links
      next = links.find(({ rel }) => rel === 'next')?.href
      expect(body.hasMore).toBe(next !== undefined)
    }
    expect(seen).toEqual(whole)
  })

  test('of one type are found, none of an unknown one; the links keep to it', async () => {
    const { body } = await get(`${OPERATIONS}/codes?codeType=${encodeURIComponent('a&b=c')}&limit=5`)
    expect(namesOf(body.items)).toEqual(['a&b=c'])
    expect(new URL(body.links[0].href).searchParams.get('codeType')).toBe('a&b=c')
    expect((await get(`${OPERATIONS}/codes?codeType=LOCX`)).body).toMatchObject({ items: [], count: 0 })
    expect((await get(`${OPERATIONS}/codes?codeType=LOC&offsetkey=LOC`)).body).toMatchObject({ count: 0 })
  })

  test('need both keys for one, and 404 for one that is not there', async () => {
    const ask = async (query: string) => {
      const { status, body } = await get(`${PRIVATE}/CodeDetail/codeDetails?${query}`)
      return [
        status,
        body.message ?? body.codeDesc,
        body.validationErrors?.map((each: { field: string }) => each.field),
      ]
    }
    expect(await ask('code=10&codeType=LOB')).toEqual([200, 'Code 10', undefined])
    expect(await ask('code=11&codeType=LOB')).toEqual([404, 'Resource not Found', undefined])
    expect(await ask('code=11')).toMatchObject([400, {}, ['codeType']])
    expect(await ask('')).toMatchObject([400, {}, ['code', 'codeType']])
  })

  test('cost as much per page at any depth', async () => {
    const other = await testDatabase()
    await other.run(`
      insert into merch.code_head select 't' || lpad(g::text, 6, '0'), 'x' from generate_series(1, 20000) g;
      insert into merch.code_detail (code_type, code, code_desc, code_seq)
        select 't' || lpad(g::text, 6, '0'), c::text, 'x', c from generate_series(1, 20000) g, generate_series(1, 3) c;
      analyze merch.code_head, merch.code_detail`)
    for (const after of [null, 't000015', 't010000', 't019980']) {
      const query = codeTypePage({ codeType: null, after, limit: 10 }).compile(other.db)
      // Ten types with three codes each; a bitmap counts its rows twice.
      expect(await rowsRead(other, query)).toBeLessThanOrEqual(80)
    }
  })
})
