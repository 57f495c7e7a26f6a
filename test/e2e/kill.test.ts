import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { anyCredential, manageListener } from '../support/api.ts'
import { makeFeed } from '../support/engine.ts'
import { receiver, scratch, startService, testDatabase, type Call } from '../support/index.ts'

const database = await testDatabase()

const PAGES = 200
const PAGE_LIMIT = 20
const KILLS = 20

interface PayloadBody {
  readonly type: string
  readonly beforeTimestamp: string
  readonly payload: { readonly items: readonly { readonly id: string }[]; readonly hasMore: boolean }
}

test(
  'a kill -9 at any moment of a long publish loses nothing and repeats only the page in flight',
  { timeout: 240_000 },
  async () => {
    const feed = await makeFeed(database.db, 'test/killed')
    const keys = Array.from({ length: PAGES * PAGE_LIMIT }, (_, i) => String(i).padStart(6, '0'))
    await feed.put(keys)
    const sink = await receiver()
    const pages = () => sink.calls.filter((call) => call.json()['type'] === 'PAYLOAD')
    const finished = (call: Call | undefined) =>
      call !== undefined && !call.json<PayloadBody & Record<string, unknown>>().payload.hasMore
    const env = {
      DATABASE_URL: database.url,
      SINCEWIRE_DATA_DIR: scratch(),
      SINCEWIRE_TARGETS_ALLOW_HTTP: '127.0.0.1',
      SINCEWIRE_PUBLIC_URL: 'http://sincewire.test', // the same links whichever port a process got
      SINCEWIRE_ENGINE_SWEEP_INTERVAL_MILLISECONDS: '100',
    }
    for (let kills = 0; kills <= KILLS; kills += 1) {
      const service = startService({ env })
      const url = await service.ready
      if (kills === 0) {
        const credentialName = await anyCredential(url)
        await manageListener(url, {
          ...{ service: feed.service, credentialName, listenerUrl: `${sink.url}/hook` },
          ...{ includePayload: 'Y', pageLimit: PAGE_LIMIT, intervalSeconds: 1 },
        })
      }
      const seen = pages().length
      // The moment is drawn from the round: before the first page, on arrival, or while the answer is on its way.
      const wanted = createHash('sha256').update(`${kills}`).digest()[0]! % 10
      if (kills < KILLS) {
        await sink.waitFor(() => pages().length >= Math.min(seen + wanted, PAGES))
        service.kill('SIGKILL')
        await service.ended
      } else {
        await sink.waitFor(() => finished(pages().at(-1)), 60_000)
        await service.stop()
      }
    }
    const calls = pages()
    const bodies = calls.map((call) => call.json<PayloadBody & Record<string, unknown>>())
    const ids = calls.map((call) => String(call.headers['webhook-id']))
    // In order, and each repeat right behind the page it repeats, byte for byte.
    const once = bodies.filter((_, i) => ids[i] !== ids[i - 1])
    expect(once.flatMap((body) => body.payload.items.map((item) => item.id))).toEqual(keys)
    const repeats = calls.filter((_, i) => ids[i] === ids[i - 1])
    const repeated = calls.filter((_, i) => ids[i] === ids[i + 1])
    expect(repeats.every((call, i) => call.body.equals(repeated[i]!.body))).toBe(true)
    expect(ids.length - new Set(ids).size).toBeLessThanOrEqual(KILLS)
    expect(new Set(bodies.map((body) => body.beforeTimestamp)).size).toBe(1)
  },
)
