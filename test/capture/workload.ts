import type pg from 'pg'
import type { TestDatabase } from '../support/index.ts'
import { dice, session } from './support.ts'

/** One statement of a random writer. */
export type Write = (roll: (n: number) => number) => string

export interface Workload {
  /** Transactions committed so far. */
  readonly committed: () => number
  /** Lets every writer finish its transaction. */
  stop(): Promise<void>
}

/**
 * Writers that go on until stopped: transactions of one to three random statements, some with a savepoint rolled
 * back, some rolled back as a whole. What a statement may fail with (a key taken, a deadlock) ends its transaction.
 */
export async function startWriters(
  database: TestDatabase,
  seeds: readonly number[],
  writes: readonly Write[],
): Promise<Workload> {
  let stopped = false
  let committed = 0
  const clients = await Promise.all(seeds.map(() => session(database)))
  const running = seeds.map(async (seed, index) => {
    const roll = dice(seed)
    while (!stopped) if (await transact(clients[index]!, roll, writes)) committed++
  })
  return {
    committed: () => committed,
    stop: async () => {
      stopped = true
      await Promise.all(running)
    },
  }
}

const EXPECTED = ['23505', '23503', '40P01', '40001']

async function transact(
  client: pg.Client,
  roll: (n: number) => number,
  writes: readonly Write[],
): Promise<boolean> {
  const pick = () => writes[roll(writes.length)]!(roll)
  try {
    await client.query('begin')
    for (let n = roll(3); n >= 0; n--) {
      if (roll(6) === 0) await client.query(`savepoint a; ${pick()}; rollback to a`)
      await client.query(pick())
    }
    const keep = roll(5) > 0
    await client.query(keep ? 'commit' : 'rollback')
    return keep
  } catch (error) {
    await client.query('rollback')
    if (EXPECTED.includes((error as pg.DatabaseError).code ?? '')) return false
    throw error
  }
}
