/**
 * What a writer pays for being captured: transactions a second of single-row writes, and seconds of bulk writes, with
 * and without capture, fsync on. By hand: `node test/bench/capture-cost.ts [seconds per measurement]`.
 */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { removeDataFolder, startEmbedded } from '../../src/db/embedded/index.ts'
import { migrate } from '../../src/db/migrate.ts'
import { openPool, type Pool } from '../../src/db/pool.ts'
import { createLog } from '../../src/log.ts'
import { captureTable } from '../../src/services/capture/index.ts'

const ROUNDS = 5 // bare and captured in turn; the best of each counts, as the one that others disturbed least
const ROWS = 100_000
const ORDERS = 20_000 // of five lines each
const SCHEMAS = ['bare', 'captured'] as const

interface Work {
  readonly name: string
  /** `%S` stands for the schema, `$1` for a number that is used once. */
  readonly sql: string
  /** Undoes a bulk statement. */
  readonly undo?: string
}

const singles: readonly Work[] = [
  { name: 'insert of a row', sql: `insert into %S.account values (1000000 + $1, 0, repeat('x', 300))` },
  {
    name: 'update of a row',
    sql: `update %S.account set n = n + 1 where id = 1 + ($1::bigint * 7919) % ${ROWS}`,
  },
  {
    name: 'view: insert of a line',
    sql: `insert into %S.line values (1 + $1 % ${ORDERS}, 1000 + $1, 'item', 1)`,
  },
  {
    name: 'view: update of a line',
    sql: `update %S.line set quantity = quantity + 1 where order_no = 1 + ($1::bigint * 7919) % ${ORDERS} and line = 3`,
  },
]
const bulks: readonly Work[] = [
  {
    name: `insert of ${ROWS} rows`,
    sql: `insert into %S.account select 20000000 + g, 0, repeat('x', 300) from generate_series(1, ${ROWS}) g`,
    undo: 'delete from %S.account where id > 20000000',
  },
  { name: `update of ${ROWS} rows`, sql: `update %S.account set n = n + 1 where id <= ${ROWS}` },
  {
    name: `update of ${ROWS} rows that leaves documents as they are`,
    sql: `update %S.account set n = n where id <= ${ROWS}`,
  },
  {
    name: `view: update of ${5 * ORDERS} lines of ${ORDERS} orders`,
    sql: `update %S.line set quantity = quantity + 1 where line <= 5`,
  },
]

let serial = 0
const seconds = Number(process.argv[2] ?? 3)
const dataDir = mkdtempSync(join(tmpdir(), 'sincewire-bench-'))
const server = await startEmbedded({ dataDir, log: createLog('warn', process.stderr) })
const pool = openPool({ url: server.url, max: 2, applicationName: 'bench' })
try {
  await prepare(pool)
  for (const writers of [1, 4]) {
    console.log(`\nms per transaction, ${writers} writer(s)`)
    for (const work of singles) await compare(work.name, (sql) => transactions(sql, writers), work)
  }
  console.log('\nms per statement')
  for (const work of bulks) await compare(work.name, (sql, undo) => statement(pool, sql, undo), work)
} finally {
  await pool.close()
  await server.stop()
  removeDataFolder(dataDir)
}

async function prepare({ db, pool }: Pool): Promise<void> {
  await migrate(db)
  for (const schema of SCHEMAS) await pool.query(tables(schema))
  await captureTable(db, { service: 'plain', table: 'captured.account', key: ['id'] })
  await captureTable(db, {
    ...{ service: 'order', table: 'captured.orders', key: ['order_no'] },
    ...{ view: 'captured.order_doc', watch: ['captured.line:order_no'] },
  })
  await pool.query('vacuum analyze')
  console.log((await pool.query<{ version: string }>('select version()')).rows[0]?.version)
}

function tables(schema: string): string {
  return `create schema ${schema};
    create table ${schema}.account (id int primary key, n int not null, note text not null);
    insert into ${schema}.account select g, 0, repeat('x', 300) from generate_series(1, ${ROWS}) g;
    create table ${schema}.orders (order_no int primary key, status text not null, note text not null);
    create table ${schema}.line (order_no int, line int, item text not null, quantity int not null, primary key (order_no, line));
    insert into ${schema}.orders select g, 'W', repeat('x', 100) from generate_series(1, ${ORDERS}) g;
    insert into ${schema}.line select o, l, 'item ' || l, 1 from generate_series(1, ${ORDERS}) o, generate_series(1, 5) l;
    create view ${schema}.order_doc as select o.order_no, json_build_object('orderNo', o.order_no, 'status', o.status,
      'note', o.note, 'details', (select json_agg(json_build_object('item', l.item, 'quantity', l.quantity) order by l.line)
                                  from ${schema}.line l where l.order_no = o.order_no)) as doc from ${schema}.orders o`
}

async function compare(
  name: string,
  measure: (sql: string, undo: string | undefined) => Promise<number>,
  { sql, undo }: Work,
): Promise<void> {
  const found: Record<(typeof SCHEMAS)[number], number[]> = { bare: [], captured: [] }
  for (let round = 0; round < ROUNDS; round++) {
    for (const schema of SCHEMAS) {
      found[schema].push(await measure(sql.replaceAll('%S', schema), undo?.replaceAll('%S', schema)))
    }
  }
  const [bare, captured] = [Math.min(...found.bare), Math.min(...found.captured)]
  const figures = [bare, captured].map((ms) => ms.toFixed(ms < 10 ? 2 : 0).padStart(8))
  console.log(
    `${name.padEnd(60)} bare ${figures[0]}  captured ${figures[1]}  × ${(captured / bare).toFixed(2)}`,
  )
}

/** Milliseconds per transaction of writers that each commit one statement after another. */
async function transactions(sql: string, writers: number): Promise<number> {
  const clients = Array.from({ length: writers }, () => new pg.Client({ connectionString: server.url }))
  await Promise.all(clients.map((client) => client.connect()))
  const end = performance.now() + seconds * 1000
  let count = 0
  const started = performance.now()
  await Promise.all(
    clients.map(async (client) => {
      for (; performance.now() < end; count++)
        await client.query({ name: 'work', text: sql, values: [++serial] })
    }),
  )
  const elapsed = performance.now() - started
  await Promise.all(clients.map((client) => client.end()))
  return elapsed / count
}

/** Milliseconds of one statement. */
async function statement({ pool }: Pool, sql: string, undo: string | undefined): Promise<number> {
  await pool.query('checkpoint')
  const started = performance.now()
  await pool.query(sql)
  const elapsed = performance.now() - started
  if (undo !== undefined) await pool.query(undo)
  return elapsed
}
