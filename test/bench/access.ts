// node test/bench/access.ts [connections, 1]: what authentication adds to a call. APIs in one process on one database,
// which ask everybody, a client's key or the admin key, are called in turns; the ratio of the medians is what counts.
import { randomBytes } from 'node:crypto'
import { Pool } from 'undici'
import { findKey, noteUse } from '../../src/db/client.ts'
import { addAdministration } from '../../src/http/merchandising/administration/index.ts'
import type { Api } from '../../src/http/room.ts'
import { createKeyHasher } from '../../src/secrets/keyHash.ts'
import { createAuthenticate } from '../../src/services/access/authenticate.ts'
import { createClientServices } from '../../src/services/access/index.ts'
import { createThrottle } from '../../src/services/access/throttle.ts'
import { createAdministrationServices } from '../../src/services/administration.ts'
import { ADMIN_KEY, everybody } from '../support/access.ts'
import { serveApi } from '../support/serve.ts'
import { median, openPlace, percentile, print } from './place.ts'

const ROUNDS = 60
const CALLS = 200
const CONCURRENT = Number(process.argv[2] ?? 1)
const PATH = '/MerchIntegrations/services/administration/operations/batchRunStatus'

await using place = await openPlace()
const { db } = place.pool
const hasher = createKeyHasher()
const clients = createClientServices({ db, hasher, random: randomBytes })
const grant = {
  name: 'bench',
  role: 'reader',
  services: null,
  addresses: ['127.0.0.0/8'],
  expiresAt: null,
} as const
const { key } = await clients.addClient(grant)
const authenticate = createAuthenticate({
  ...{ hasher, adminKey: ADMIN_KEY, bearer: undefined, onRefused: console.error, onTrouble: console.error },
  findKey: (keyId) => findKey(place.pool, keyId),
  noteUse: (keyId) => noteUse(db, keyId),
  throttle: createThrottle({ failures: 20, windowSeconds: 60, clock: () => performance.now() }),
})
const services = createAdministrationServices({ db, publicUrl: () => '' })
const rooms = [(api: Api) => addAdministration(api, services)]

async function open(name: string, by: typeof authenticate, shown: string) {
  const server = await serveApi({ rooms, authenticate: by }, { 'limits.requestsPerMinute': 100_000_000 })
  const client = new Pool(server.url, { connections: CONCURRENT })
  return { name, client, server, headers: { 'x-api-key': shown }, times: [] as number[] }
}

async function round({ client, headers, times }: Awaited<ReturnType<typeof open>>) {
  let left = CALLS
  const caller = async () => {
    while (left-- > 0) {
      const began = performance.now()
      const answer = await client.request({ method: 'GET', path: PATH, headers })
      await answer.body.text()
      if (answer.statusCode !== 200) throw new Error(`status ${answer.statusCode}`)
      times.push(performance.now() - began)
    }
  }
  await Promise.all(Array.from({ length: CONCURRENT }, caller))
}

const began = performance.now()
await authenticate({ kind: 'key', via: 'apiKey', key, client: null }, '127.0.0.1')
print(`the first call with a key, scrypt once for each process: ${(performance.now() - began).toFixed(0)} ms`)
const sides = [
  await open('nobody asked', everybody, ''),
  await open('client key', authenticate, key),
  await open('admin key', authenticate, ADMIN_KEY),
]
for (let i = 0; i < ROUNDS + 5; i++) {
  if (i === 5) for (const side of sides) side.times.length = 0 // warm by now
  for (const side of i % 2 === 0 ? sides : sides.toReversed()) await round(side)
}
const plain = sides[0]!.times
for (const { name, times, client, server } of sides) {
  const ratio = (median(times) / median(plain)).toFixed(3)
  print(
    `${name}: median ${median(times).toFixed(3)} ms, ratio ${ratio}; p99 ${percentile(times, 99).toFixed(3)} ms`,
  )
  await client.close()
  await server.close(1000)
}
