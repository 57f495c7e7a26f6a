import { expect, test } from 'vitest'
import { isMigrated, migrate } from '../../src/db/migrate.ts'
import { openPool } from '../../src/db/pool.ts'
import { cleanUp, testDatabase } from '../support/index.ts'

test('of any number of processes that migrate at once one does it, and the others wait', async () => {
  const { url, db } = await testDatabase({ empty: true })
  expect(await isMigrated(db)).toBe(false)
  const pools = Array.from({ length: 4 }, () => openPool({ url, max: 1, applicationName: 'test' }))
  cleanUp(() => Promise.all(pools.map((pool) => pool.close())))
  const ran = await Promise.all(pools.map((pool) => migrate(pool.db)))
  expect(ran.filter((names) => names.length > 0)).toHaveLength(1)
  expect(await isMigrated(db)).toBe(true)
  expect(await migrate(db)).toEqual([])
})

test('a database of a newer version, or one whose past is missing here, is refused and left alone', async () => {
  const { db, run } = await testDatabase()
  const remember = (name: string) => run(`insert into sincewire.migration values ('${name}', now()::text)`)
  await remember('9999_future')
  await expect(migrate(db)).rejects.toThrow(
    'The database was migrated by a newer Sincewire (9999_future): install that version.',
  )
  await run(`delete from sincewire.migration where name = '9999_future'`)
  await remember('0000_past')
  await expect(migrate(db)).rejects.toThrow(
    'The migration 0000_past ran on this database, but its file is missing from this installation.',
  )
})
