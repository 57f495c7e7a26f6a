// node test/bench/audit.ts [connections, 1]: what the audit costs a call. Two APIs in one process on one database, of which one audits,
// are called in turns with keep-alive connections; the ratio of the medians is what counts.
import { sql } from 'kysely'
import { Pool } from 'undici'
import { addAudit } from '../../src/http/audit.ts'
import { addAdministration } from '../../src/http/merchandising/administration/index.ts'
import type { Api } from '../../src/http/room.ts'
import { createAdministrationServices } from '../../src/services/administration.ts'
import { createDatabaseTrail } from '../../src/services/audit/index.ts'
import { serveApi } from '../support/serve.ts'
import { median, openPlace, percentile, print } from './place.ts'

const ROUNDS = 60
const CALLS = 200
const CONCURRENT = Number(process.argv[2] ?? 1)
const paths = ['Common/vDate', 'Common/InvMovSysOps']

await using place = await openPlace()
const { db } = place.pool
await sql`insert into merch.period (vdate) values ('2019-07-01')`.execute(db)
const trail = createDatabaseTrail(() => db, { onTrouble: console.error, onLoss: console.error })
const services = createAdministrationServices({ db, publicUrl: () => '' })

async function open(audited: boolean) {
  const rooms = [
    (api: Api) => audited && addAudit(api, { trail }),
    (api: Api) => addAdministration(api, services),
  ]
  const server = await serveApi({ rooms }, { 'limits.requestsPerMinute': 100_000_000 })
  const client = new Pool(server.url, { connections: CONCURRENT })
  return { server, client, times: [] as number[] }
}

async function round({ client, times }: Awaited<ReturnType<typeof open>>, path: string) {
  let left = CALLS
  const caller = async () => {
    while (left-- > 0) {
      const began = performance.now()
      const answer = await client.request({
        method: 'GET',
        path: `/RmsReSTServices/services/private/${path}`,
      })
      await answer.body.text()
      times.push(performance.now() - began)
    }
  }
  await Promise.all(Array.from({ length: CONCURRENT }, caller))
}

for (const path of paths) {
  const [plain, audited] = [await open(false), await open(true)]
  for (let i = 0; i < ROUNDS + 5; i++) {
    if (i === 5) for (const side of [plain, audited]) side.times.length = 0 // warm by now
    for (const side of i % 2 === 0 ? [plain, audited] : [audited, plain]) await round(side, path)
  }
  const line = (name: string, p: (times: readonly number[]) => number) =>
    `${name} ${p(plain.times).toFixed(3)} → ${p(audited.times).toFixed(3)} ms, ratio ${(p(audited.times) / p(plain.times)).toFixed(3)}`
  const mean = (times: readonly number[]) => times.reduce((sum, time) => sum + time, 0) / times.length
  print(`${path}: ${line('median', median)}; ${line('mean', mean)}; ${line('p99', (t) => percentile(t, 99))}`)
  for (const { server, client } of [plain, audited]) {
    await client.close()
    await server.close(1000)
  }
}
await trail.flush()
print(`lost ${trail.lost}`)
