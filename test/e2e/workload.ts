import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'

/** Deterministic dice (mulberry32): the same seed, the same workload up to what the database's locks decide. */
export function dice(seed: number): () => number {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Two tables of a business: accounts, and orders whose document holds their lines. */
export const SCHEMA = `
  create schema shop;
  create table shop.account (id integer primary key, owner text not null, balance numeric(12,2) not null, version integer not null);
  create table shop.purchase (region text, no integer, status text not null, primary key (region, no));
  create table shop.purchase_line (id bigint generated always as identity primary key, region text, no integer, item text, quantity integer);
  create index on shop.purchase_line (region, no);
  create view shop.purchase_document as
    select p.region, p.no, json_build_object('region', p.region, 'no', p.no, 'status', p.status, 'lines', coalesce(
      (select json_agg(json_build_object('item', l.item, 'quantity', l.quantity) order by l.id)
       from shop.purchase_line l where l.region = p.region and l.no = p.no), '[]'::json)) as doc
    from shop.purchase p;
  insert into shop.account select i, 'owner ' || i, i, 0 from generate_series(1, 200) i;
  insert into shop.purchase select r, i, 'new' from unnest(array['EU', 'US']) r, generate_series(1, 20) i;
  insert into shop.purchase_line (region, no, item, quantity) select r, i, 'first', 1 from unnest(array['EU', 'US']) r, generate_series(1, 20) i;`

type Random = () => number
const upTo = (random: Random, n: number) => Math.floor(random() * n)
const region = (random: Random) => (random() < 0.5 ? 'EU' : 'US')
const id = (random: Random) => upTo(random, 220) + 1
const no = (random: Random) => upTo(random, 22) + 1

/** One statement each; what they hit depends on the dice and on what others did before. */
const STATEMENTS: readonly ((random: Random) => string)[] = [
  (r) => `update shop.account set balance = balance + 1, version = version + 1 where id = ${id(r)}`,
  (r) =>
    `insert into shop.account values (${id(r)}, 'again', 0, 0) on conflict (id) do update set version = shop.account.version + 1`,
  (r) => `delete from shop.account where id = ${id(r)}`,
  (r) =>
    `update shop.account set id = ${300 + upTo(r, 200)} where id = ${id(r)} and not exists (select from shop.account where id between 300 and 500)`,
  (r) =>
    `update shop.account set balance = balance * 1.01, version = version + 1 where id % 20 = ${upTo(r, 20)}`,
  (r) => `update shop.account set owner = owner where id = ${id(r)}`,
  (r) =>
    `insert into shop.purchase_line (region, no, item, quantity) values ('${region(r)}', ${no(r)}, 'more', ${upTo(r, 9)})`,
  (r) =>
    `update shop.purchase_line set quantity = quantity + 1 where region = '${region(r)}' and no = ${no(r)}`,
  (r) =>
    `update shop.purchase set status = 'status ${upTo(r, 5)}' where region = '${region(r)}' and no = ${no(r)}`,
  (r) => `insert into shop.purchase values ('${region(r)}', ${no(r)}, 'opened') on conflict do nothing`,
  (r) => `delete from shop.purchase where region = '${region(r)}' and no = ${no(r)}`,
  (r) => `update shop.purchase_line set no = ${no(r)} where region = '${region(r)}' and no = ${no(r)}`,
  (r) => `delete from shop.purchase_line where id % 50 = ${upTo(r, 50)}`,
]

/** A writer of `transactions` transactions: short and long ones, rolled back ones, with savepoints. */
export async function write(
  url: string,
  seed: number,
  transactions: number,
): Promise<{ readonly committed: number }> {
  const random = dice(seed)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  let committed = 0
  try {
    for (let n = 0; n < transactions; n += 1) committed += (await transaction(client, random)) ? 1 : 0
  } finally {
    await client.end()
  }
  return { committed }
}

// Waiting for each other in two orders, or too late for a snapshot: PostgreSQL ends one of them, and it starts over.
const ENDED_BY_POSTGRES = new Set(['40P01', '40001', '23505'])

/** One transaction of a writer; whether it was committed. Throws what the database says, when it was not for us. */
export async function transaction(client: pg.Client, random: Random): Promise<boolean> {
  const statement = () => STATEMENTS[upTo(random, STATEMENTS.length)]!(random)
  const isolation = random() < 0.15 ? 'repeatable read' : 'read committed'
  await client.query(`begin isolation level ${isolation}`)
  try {
    for (let n = upTo(random, 4); n >= 0; n -= 1) {
      const savepoint = random() < 0.2
      if (savepoint) await client.query('savepoint s')
      await client.query(statement())
      if (savepoint && random() < 0.5) await client.query('rollback to savepoint s')
      // Stays open for a while, its rows stamped and not to be seen: up to three seconds, mostly none.
      if (random() < 0.25) await delay(random() ** 6 * 3000)
    }
    const keep = random() < 0.85
    await client.query(keep ? 'commit' : 'rollback')
    return keep
  } catch (error) {
    await client.query('rollback')
    if (error instanceof pg.DatabaseError && ENDED_BY_POSTGRES.has(error.code ?? '')) return false
    throw error
  }
}
