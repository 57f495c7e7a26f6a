import { expect, test } from 'vitest'
import { anyCredential, manageCredential, manageListener, webhooks } from '../support/api.ts'
import { makeFeed } from '../support/engine.ts'
import { eventually, receiver, testApp, testDatabase, type Call, type Receiver } from '../support/index.ts'

// DESIGN, "What a change of registration does, at once, even between two pages".

const database = await testDatabase()
const app = await testApp(database.url, {
  'targets.allowHttp': '127.0.0.1',
  'engine.sweepIntervalMilliseconds': 50,
})
const api = app.url
const keys = Array.from({ length: 50 }, (_, i) => String(i).padStart(3, '0'))
let runs = 0

interface Body extends Record<string, unknown> {
  readonly type: string
  readonly sinceTimestamp: string
  readonly beforeTimestamp: string
  readonly payload: { readonly items: readonly Record<string, unknown>[]; readonly hasMore: boolean }
}

interface Running {
  readonly service: string
  readonly credentialName: string
  readonly sink: Receiver
  /** Changes the listener while its second page is out, then lets the receiver answer. */
  change(item: Record<string, unknown>): Promise<void>
  /** The same, for a change of something else. */
  meanwhile(change: () => Promise<unknown>): Promise<void>
}

/** A publish of five pages of ten whose second page waits for its answer. */
async function running(): Promise<Running> {
  const service = `test/run${(runs += 1)}`
  const credentialName = await anyCredential(api, `ANY${runs}`)
  const feed = await makeFeed(database.db, service)
  await feed.put(keys)
  const sink = await receiver()
  const release = Promise.withResolvers<void>()
  sink.answerNext({}, {}, { after: release.promise })
  await manageListener(api, {
    ...{ service, credentialName, listenerUrl: `${sink.url}/first`, includePayload: 'Y' },
    ...{ pageLimit: 10, intervalSeconds: 1 },
  })
  await sink.waitFor((calls) => calls.length === 3)
  const meanwhile = async (change: () => Promise<unknown>) => {
    await change()
    release.resolve()
  }
  return {
    service,
    credentialName,
    sink,
    meanwhile,
    change: (item) => meanwhile(() => manageListener(api, { service, ...item })),
  }
}

const body = (call: Call | undefined) => call!.json<Body>()
const ids = (call: Call | undefined) => body(call).payload.items.map((item) => item['id'])
const from = (page: number, limit = 10) => keys.slice((page - 1) * 10, (page - 1) * 10 + limit)
const isLast = (call: Call | undefined) =>
  call !== undefined && body(call).type === 'PAYLOAD' && !body(call).payload.hasMore

/** After the change: heartbeat first, then pages 3 to 5 of the same window, to `url` with `apikey`. */
async function expectHeartbeatThenRest(
  { sink }: Running,
  place: { readonly url: string; readonly apikey: string },
): Promise<void> {
  const calls = (await sink.waitFor((all) => isLast(all.at(-1)))).slice(3)
  expect(calls.map((call) => body(call).type)).toEqual(['HEARTBEAT', 'PAYLOAD', 'PAYLOAD', 'PAYLOAD'])
  expect(calls.slice(1).map(ids)).toEqual([from(3), from(4), from(5)])
  expect(new Set(calls.map((call) => `${call.url} ${String(call.headers['x-api-key'])}`))).toEqual(
    new Set([`${place.url} ${place.apikey}`]),
  )
  expect(body(calls[1]).beforeTimestamp).toBe(body(sink.calls[1]).beforeTimestamp)
}

/** Every row of the table: a change without a test does not compile. */
type Changed =
  | 'listenerUrl'
  | 'credentialName'
  | 'credential content'
  | 'sinceTimestamp'
  | 'pageLimit'
  | 'queryParameter'
  | 'includePayload'
  | 'enabled'
  | 'intervalSeconds'
  | 'heartbeatIntervalHours'
  | 'deleteInd'

const rows: Record<Changed, readonly [claim: string, check: (run: Running) => Promise<void>]> = {
  listenerUrl: [
    'sends a heartbeat, then the remaining pages, to the new place',
    async (run) => {
      await run.change({ listenerUrl: `${run.sink.url}/second` })
      await expectHeartbeatThenRest(run, { url: '/second', apikey: 'any-key' })
    },
  ],
  credentialName: [
    'sends a heartbeat, then the remaining pages, with the new credential',
    async (run) => {
      await manageCredential(api, { credentialName: 'OTHER', credentialType: 'APIKEY', apikey: 'other-key' })
      await run.change({ credentialName: 'OTHER' })
      await expectHeartbeatThenRest(run, { url: '/first', apikey: 'other-key' })
    },
  ],
  'credential content': [
    'sends a heartbeat, then the remaining pages, with the new content',
    async (run) => {
      await run.meanwhile(() =>
        manageCredential(api, { credentialName: run.credentialName, apikey: 'renewed-key' }),
      )
      await expectHeartbeatThenRest(run, { url: '/first', apikey: 'renewed-key' })
    },
  ],
  sinceTimestamp: [
    'ends the window and starts again from the new since',
    async (run) => {
      await run.change({ sinceTimestamp: '2001-12-31T23:59:59.123Z' })
      const calls = (await run.sink.waitFor((all) => isLast(all.at(-1)))).slice(3)
      expect(calls.map(ids)).toEqual([1, 2, 3, 4, 5].map((page) => from(page)))
      expect(body(calls[0]).sinceTimestamp).toBe('2001-12-31T23:59:59.123Z')
    },
  ],
  pageLimit: [
    'counts from the next page',
    async (run) => {
      await run.change({ pageLimit: 25 })
      const calls = (await run.sink.waitFor((all) => isLast(all.at(-1)))).slice(3)
      expect(calls.map(ids)).toEqual([from(3, 25), keys.slice(45)])
    },
  ],
  queryParameter: [
    'counts from the next page',
    async (run) => {
      await run.change({ queryParameter: 'include=items.id' })
      const [next] = (await run.sink.waitFor((all) => all.length > 3)).slice(3)
      expect(ids(next)).toEqual(from(3))
      expect(body(next).payload.items[0]).not.toHaveProperty('value')
      expect(body(run.sink.calls[2]).payload.items[0]).toHaveProperty('value')
    },
  ],
  includePayload: [
    'ends the window and goes on from the current since',
    async (run) => {
      await run.change({ includePayload: 'N' })
      const [next] = (await run.sink.waitFor((all) => all.length > 3)).slice(3)
      expect(body(next)).toMatchObject({ type: 'EVENT', sinceTimestamp: '1970-01-01T00:00:00.000Z' })
    },
  ],
  enabled: [
    'N stops everything; Y goes on where the window stopped',
    async (run) => {
      await run.change({ enabled: 'N' })
      await eventually(async () => {
        const row = await listenerRow(run.service)
        return row.turn_token === null && row.offset_key === '019'
      })
      await manageListener(api, { service: run.service, enabled: 'Y' })
      const calls = (await run.sink.waitFor((all) => isLast(all.at(-1)))).slice(3)
      expect(calls.filter((call) => body(call).type === 'PAYLOAD').map(ids)).toEqual([
        from(3),
        from(4),
        from(5),
      ])
      expect(body(calls.at(-1)).beforeTimestamp).toBe(body(run.sink.calls[1]).beforeTimestamp)
    },
  ],
  intervalSeconds: [
    'counts from the next poll',
    async (run) => {
      await run.change({ intervalSeconds: 5000 })
      await run.sink.waitFor((all) => isLast(all.at(-1)))
      const ahead = async () => Date.parse((await status(run.service))['nextPollTime']!) - Date.now()
      await eventually(async () => (await ahead()) > 4_000_000)
      expect(run.sink.calls.slice(3).map(ids)).toEqual([from(3), from(4), from(5)])
    },
  ],
  heartbeatIntervalHours: [
    'counts after the next heartbeat',
    async (run) => {
      const before = (await status(run.service))['nextHeartbeatTime']
      await run.change({ heartbeatIntervalHours: 99 })
      await run.sink.waitFor((all) => isLast(all.at(-1)))
      expect((await status(run.service))['nextHeartbeatTime']).toBe(before)
      await manageListener(api, { service: run.service, listenerUrl: `${run.sink.url}/again` }) // forces one
      await eventually(
        async () =>
          Date.parse((await status(run.service))['nextHeartbeatTime']!) > Date.now() + 98 * 3_600_000,
      )
    },
  ],
  deleteInd: [
    'stops everything and purges; the name registered again is a new listener',
    async (run) => {
      await run.change({ deleteInd: 'Y' })
      expect(await webhooks(api, run.service)).toEqual([])
      const attempts = () =>
        database.db
          .selectFrom('sincewire.attempt')
          .select('attempt_id')
          .where('service', '=', run.service)
          .execute()
      await manageListener(api, {
        ...{
          service: run.service,
          credentialName: run.credentialName,
          listenerUrl: `${run.sink.url}/new`,
          includePayload: 'Y',
          pageLimit: 50,
        },
      })
      const calls = (await run.sink.waitFor((all) => isLast(all.at(-1)))).slice(3)
      expect(calls.map((call) => [call.url, body(call).type])).toEqual([
        ['/new', 'HEARTBEAT'],
        ['/new', 'PAYLOAD'],
      ])
      expect(ids(calls[1])).toEqual(keys)
      await eventually(async () => (await attempts()).length >= 2)
    },
  ],
}

async function listenerRow(service: string) {
  return database.db
    .selectFrom('sincewire.listener')
    .selectAll()
    .where('service', '=', service)
    .executeTakeFirstOrThrow()
}

async function status(service: string): Promise<Record<string, string>> {
  return (await webhooks(api, service))[0]!['status'] as Record<string, string>
}

test.each(Object.entries(rows).map(([changed, [claim, check]]) => ({ changed, claim, check })))(
  'a change of $changed in the middle of a publish $claim',
  async ({ check }) => expect(check(await running())).resolves.toBeUndefined(),
)
