import { sql } from 'kysely'
import { anyCredential, get, manageListener } from '../support/api.ts'
import { median, openPlace, print, run, serve } from './place.ts'

const RECORDS = 500_000
const ROUNDS = 3

/** Records a second to one PAYLOAD listener, beside a bare loop over the same pages and sink. */
export async function benchPayload(): Promise<void> {
  await using place = await openPlace()
  const { db } = place.pool
  await sql`insert into sincewire.merchapi_config (merchapi_name, json_table, enabled, key_parts, loaded_at)
    values ('bench/record', 'bench_record', true, '{id}', now())`.execute(db)
  await sql`select sincewire.create_change_table('bench_record')`.execute(db)
  await sql`insert into sincewire_feed.bench_record (key, document)
    select lpad(i::text, 7, '0'), json_build_object('id', i, 'description', repeat('abcdefgh ', 46), 'price', i % 100)
    from generate_series(1, ${sql.lit(RECORDS)}) i`.execute(db)
  await sql`vacuum analyze sincewire_feed.bench_record`.execute(db)
  const sink = await run('sink.ts')
  const service = await serve(place)
  const listener = { service: 'bench/record' }
  const credentialName = await anyCredential(service.url)
  await manageListener(service.url, {
    ...{ ...listener, credentialName, listenerUrl: `${sink.line}/hook`, includePayload: 'Y' },
    ...{ pageLimit: 1000, intervalSeconds: 1 },
  })
  const ours: number[] = []
  const bare: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    if (round > 0)
      await manageListener(service.url, { ...listener, sinceTimestamp: '1970-01-01T00:00:00.000Z' })
    const done = await get<{ startedAt: number; endedAt: number; bytes: number }>(`${sink.line}/run`)
    ours.push(RECORDS / ((done.endedAt - done.startedAt) / 1000))
    const loop = await run('bare.ts', [place.url, sink.line, 'bench/record', 'bench_record'])
    await get(`${sink.line}/run`)
    bare.push(RECORDS / (Number(loop.line) / 1000))
    await loop.stop()
    print(
      `  round ${round + 1}: ${count(ours.at(-1)!)} records/s, bare loop ${count(bare.at(-1)!)}, ${Math.round(done.bytes / RECORDS)} bytes a record`,
    )
  }
  const ratios = ours.map((value, i) => value / bare[i]!)
  print(
    `PAYLOAD, one listener: ${count(median(ours))} records/s, ${median(ratios).toFixed(2)} of the bare loop (aim: 0.8)`,
  )
  await service.stop()
  await sink.stop()
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}
