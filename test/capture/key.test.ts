import fc from 'fast-check'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { joinKey } from '../../src/domain/capture/key.ts'
import { testDatabase } from '../support/index.ts'

const { db } = await testDatabase()

test('keys are joined and split in SQL as they are in the domain', async () => {
  const part = fc
    .oneof(fc.string(), fc.stringMatching(/^[,\\\n"a]{0,6}$/))
    .filter((text) => !text.includes('\0'))
  const samples = fc.sample(fc.array(part, { minLength: 1, maxLength: 4 }), { numRuns: 300, seed: 1 })
  const { rows } = await sql<{ key: string; parts: string[] }>`
    select key, sincewire.split_key(key, jsonb_array_length(s.parts)) as parts from (
      select s.parts, n, (select case when count(*) = 1 then max(p) else string_agg(sincewire.key_part(p), ',' order by i) end
                          from jsonb_array_elements_text(s.parts) with ordinality e(p, i)) as key
      from jsonb_array_elements(${JSON.stringify(samples)}::jsonb) with ordinality s(parts, n)
    ) s order by n`.execute(db)
  expect(rows).toEqual(samples.map((parts) => ({ key: joinKey(parts), parts })))
})
