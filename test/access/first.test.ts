import { expect, test } from 'vitest'
import { eventually, runCommand, scratch, startService, testDatabase } from '../support/index.ts'
import { READ, SECRET_AT, statusOf } from './support.ts'

const KEY = /sw_[0-9a-f]{16}_[\w-]{43}/g

test('of processes that start at once the first one prints an administrator’s key, once, and nobody else ever', async () => {
  const database = await testDatabase()
  const env = {
    ...{ DATABASE_URL: database.url, SINCEWIRE_DATA_DIR: scratch(), SINCEWIRE_LOG_LEVEL: 'trace' },
    SINCEWIRE_ADMIN_KEY: undefined,
  }
  const start = () => startService({ env, args: ['serve', '--role', 'api'] })
  const services = [start(), start(), start()]
  const urls = await Promise.all(services.map(({ ready }) => ready))
  const again = start()
  urls.push(await again.ready)
  const before = await Promise.all(urls.map((url) => statusOf(`${url}/sincewire/clients`, 'sw_none')))
  expect(before).toEqual([401, 401, 401, 401])
  const [key] = await eventually(() => {
    const said = services.flatMap(({ errors }) => errors().match(KEY) ?? [])
    return said.length > 0 && said
  })
  for (const url of urls) expect(await statusOf(`${url}/sincewire/clients`, key!)).toBe(200)

  const rotated = await runCommand(['client', 'rotate', 'administrator'], { env })
  expect(rotated).toMatchObject({ code: 0, stdout: expect.stringMatching(KEY) })
  expect(await statusOf(`${urls[0]}${READ}`, key!)).toBe(401)
  expect(await statusOf(`${urls[0]}${READ}`, rotated.stdout.trim())).toBe(200)

  const ended = await Promise.all([...services, again].map((service) => service.stop()))
  expect(ended.flatMap(({ stderr }) => stderr.match(KEY) ?? [])).toEqual([key])
  expect(ended.map(({ stdout }) => KEY.test(stdout))).toEqual([false, false, false, false])
  const [dump] = await database.run(
    `select string_agg(c::text || k::text, '') as text from sincewire.client c, sincewire.client_key k`,
  )
  expect(String(dump!['text'])).not.toContain(key!.slice(SECRET_AT))
})

test('with SINCEWIRE_ADMIN_KEY no client is made, and the next start without it makes one', async () => {
  const database = await testDatabase()
  const env = { DATABASE_URL: database.url, SINCEWIRE_DATA_DIR: scratch() }
  const set = startService({ env, args: ['serve', '--role', 'api'] })
  await set.ready
  expect(await database.run('select from sincewire.client')).toEqual([])
  expect((await set.stop()).stderr).toBe('')
  const unset = startService({
    env: { ...env, SINCEWIRE_ADMIN_KEY: undefined },
    args: ['serve', '--role', 'api'],
  })
  await unset.ready
  expect((await unset.stop()).stderr).toMatch(KEY)
})
