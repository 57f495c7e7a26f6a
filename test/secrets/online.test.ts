import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keyIdOf } from '../../src/secrets/vault.ts'
import { SEALED } from '../../src/services/secrets/registry.ts'
import { authority } from '../outbound/support/authority.ts'
import { manageCredential, manageListener } from '../support/api.ts'
import { makeFeed } from '../support/engine.ts'
import { receiver, runCommand, scratch, startService, testDatabase } from '../support/index.ts'
import { openAll, sealedBy } from './stored.ts'

test(
  'a running service goes over to a new master key without a restart: deliveries and registrations go on',
  { timeout: 120_000 },
  async () => {
    const database = await testDatabase()
    const feed = await makeFeed(database.db, 'test/rotated')
    const sink = await receiver()
    const dataDir = scratch()
    const file = join(dataDir, 'master.key')
    const env = {
      ...{ DATABASE_URL: database.url, SINCEWIRE_DATA_DIR: dataDir },
      SINCEWIRE_TARGETS_ALLOW_HTTP: '127.0.0.1',
      SINCEWIRE_ENGINE_SWEEP_INTERVAL_MILLISECONDS: '50',
    }
    const service = startService({ env })
    const url = await service.ready
    const names = Array.from({ length: 20 }, (_, at) => `APP${at}`)
    const give = (credentialName: string, round: number) =>
      manageCredential(url, {
        credentialName,
        credentialType: 'APIKEY',
        apikey: `${credentialName}-${round}`,
      })
    for (const name of names) await give(name, 0)
    await manageListener(url, {
      ...{ service: feed.service, credentialName: 'APP0', listenerUrl: `${sink.url}/hook` },
      ...{ includePayload: 'Y', intervalSeconds: 1, headers: { 'x-tenant': 'north' } },
    })
    // Twice, so that there are keys that were replaced: every column that holds something sealed has something.
    for (const GENERATE of ['GENERATE', 'GENERATE'])
      await manageListener(url, { service: feed.service, signingSecret: GENERATE, signingKey: GENERATE })
    const { cert, key } = await (await authority()).issue({ host: 'client.example' })
    const certificate = { credentialType: 'MTLS', clientCertificate: cert, clientPrivateKey: key }
    await manageCredential(url, { credentialName: 'MTLS', ...certificate })
    const others = SEALED.length - 1

    const arrived = async (round: number) => {
      await feed.put([`round-${round}`])
      await sink.waitFor((calls) =>
        calls.some(
          ({ body, headers }) =>
            body.includes(`"round-${round}"`) &&
            headers['x-api-key'] === `APP0-${round}` &&
            headers['x-tenant'] === 'north' &&
            String(headers['webhook-signature']).split(' ').length === 4,
        ),
      )
    }
    await arrived(0)
    for (let round = 1; round <= 3; round++) {
      const rotation = runCommand(['secrets', 'rotate'], { env })
      for (const name of names) await give(name, round)
      expect(await rotation).toMatchObject({ code: 0, stderr: '' })
      await give('APP1', round) // by a process that has both keys in memory
      await arrived(round)
      const key = Buffer.from(readFileSync(file, 'utf8'), 'base64')
      expect(await sealedBy(database)).toEqual({ [keyIdOf(key)]: names.length + others })
      const opened = await openAll(database, file)
      expect(opened.filter((each) => /^APP\d+-\d$/.test(each)).toSorted()).toEqual(
        names.map((name) => `${name}-${round}`).toSorted(),
      )
    }
    await service.stop()
    await startService({ env }).ready
  },
)
