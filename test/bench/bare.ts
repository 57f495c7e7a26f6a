import { Agent, request } from 'undici'
import { openPool } from '../../src/db/pool.ts'
import { readRecords } from '../../src/db/feed.ts'
import { takeTick } from '../../src/db/tick.ts'
import { EPOCH } from '../../src/domain/instant.ts'
import { plainEdge, type Position } from '../../src/domain/window.ts'

// What no publisher can beat: reads the same pages with the same query and posts the same bytes to the same sink,
// and keeps no position, records no attempt, watches nothing.
const [url, sink, service, table] = process.argv.slice(2) as [string, string, string, string]
const pool = openPool({ url, max: 1, applicationName: 'bare loop' })
const agent = new Agent({ connections: 1, pipelining: 1, allowH2: false })
const before = (await takeTick(pool.db)).get(service)!
const window = { since: plainEdge(EPOCH), before }
const head = Buffer.from(
  `{"type":"PAYLOAD","service":"${service}","listenerName":"bare","payload":{"items":[`,
)
const started = performance.now()
let after: Position | null = null
for (;;) {
  const page = await readRecords(pool.db, table, { window, after, limit: 1000, filters: [] })
  const tail = Buffer.from(`],"hasMore":${page.hasMore},"limit":1000,"count":${page.count},"links":[]}}`)
  const { body } = await request(`${sink}/hook`, {
    ...{ method: 'POST', dispatcher: agent, headers: { 'content-type': 'application/json' } },
    body: Buffer.concat([head, page.items, tail]),
  })
  await body.dump()
  if (!page.hasMore) break
  after = page.last
}
process.stdout.write(`${performance.now() - started}\n`)
await pool.close()
await agent.close()
