import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import { captureTable } from '../../src/services/capture/index.ts'
import { anyCredential, manageListener } from '../support/api.ts'
import { median, openPlace, percentile, print, serve } from './place.ts'

const COMMITS = 500

/** From commit to the receiver, for a listener of a one-second interval whose service wakes the engine. */
export async function benchLatency(): Promise<void> {
  await using place = await openPlace()
  const { db } = place.pool
  await sql`create table public.tick_of_business (id integer primary key, price numeric)`.execute(db)
  await captureTable(db, { service: 'bench/wake', table: 'public.tick_of_business', key: ['id'], wake: true })
  const committed = new Map<number, number>()
  const latencies: number[] = []
  const all = Promise.withResolvers<void>()
  const sink = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => void chunks.push(chunk))
    request.on('end', () => {
      response.end()
      const now = performance.now()
      const body = JSON.parse(Buffer.concat(chunks).toString()) as { payload?: { items: { id: number }[] } }
      for (const { id } of body.payload?.items ?? []) latencies.push(now - committed.get(id)!)
      if (latencies.length >= COMMITS) all.resolve()
    })
  })
  await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve))
  const service = await serve(place)
  const credentialName = await anyCredential(service.url)
  await manageListener(service.url, {
    ...{ service: 'bench/wake', credentialName, includePayload: 'Y', intervalSeconds: 1 },
    listenerUrl: `http://127.0.0.1:${(sink.address() as AddressInfo).port}/hook`,
  })
  await delay(2000) // its first heartbeat
  for (let id = 0; id < COMMITS; id += 1) {
    await sql`insert into public.tick_of_business values (${id}, ${id})`.execute(db)
    committed.set(id, performance.now())
    await delay(5 + ((id * 37) % 90))
  }
  await all.promise
  print(
    `Wake-up: ${COMMITS} commits, commit to delivery ${median(latencies).toFixed(0)} ms at the median, ${percentile(latencies, 99).toFixed(0)} ms at the 99th percentile (aim: 100)`,
  )
  await service.stop()
  sink.close()
}
