import { beforeAll, expect, test } from 'vitest'
import { captureTable } from '../../src/services/capture/index.ts'
import { dice, expectInLine, session } from '../capture/support.ts'
import { eventually, scratch, startService, testDatabase } from '../support/index.ts'
import { logged } from './support.ts'

const database = await testDatabase()
const service = 'busy/order'
const feed = 'busy_order'
const fresh = 'select no::text, doc::text from public.busy_doc'
const env = () => ({ DATABASE_URL: database.url, SINCEWIRE_DATA_DIR: scratch() })

beforeAll(async () => {
  await database.run(`
    create table public.busy (no int primary key, n int not null default 0);
    create table public.busy_line (no int, line int, n int not null default 0, primary key (no, line));
    create table public.slow (seconds float8 not null);
    insert into public.slow values (0);
    create view public.busy_doc as select b.no, json_build_object('no', b.no, 'n', b.n, 'lines',
      (select json_agg(l.n order by l.line) from public.busy_line l where l.no = b.no),
      'slow', (select pg_sleep(seconds) is null from public.slow)) as doc from public.busy b;
    insert into public.busy select generate_series(1, 300)`)
  await captureTable(database.db, {
    ...{ service, table: 'public.busy', key: ['no'], view: 'public.busy_doc' },
    ...{ watch: ['public.busy_line:no'], deferred: true, wake: true },
  })
  await database.run(
    `update merch.b8d_process_config set num_threads = 3, commit_max_ctr = 20 where service = '${service}'`,
  )
})

async function write(seed: number, enough: () => boolean): Promise<void> {
  const client = await session(database)
  const roll = dice(seed)
  const statements = [
    () => `update public.busy set n = n + 1 where no % 50 = ${roll(50)}`,
    () =>
      `insert into public.busy values (${roll(400)}) on conflict (no) do update set n = public.busy.n + 1`,
    () => `delete from public.busy where no = ${roll(400)}`,
    () =>
      `insert into public.busy_line values (${roll(400)}, ${roll(5)}) on conflict (no, line) do update set n = public.busy_line.n + 1`,
    () => `delete from public.busy_line where no = ${roll(400)}`,
    () =>
      `update public.busy set no = no + 1000 where no = ${roll(400)} and not exists (select from public.busy where no > 1000)`,
  ]
  while (!enough()) {
    try {
      await client.query('begin')
      for (let n = roll(4); n >= 0; n -= 1) await client.query(statements[roll(statements.length)]!())
      if (roll(10) === 0) await client.query('select pg_sleep(0.05)')
      await client.query(roll(8) === 0 ? 'rollback' : 'commit')
    } catch {
      await client.query('rollback') // a deadlock of two writers, a key that was taken
    }
  }
}

const caughtUp = async () => (await logged(database, feed)).length === 0

test(
  'writers, two processes of takers, one of them killed now and then: in the end the records equal the source',
  { timeout: 120_000 },
  async () => {
    const survivor = startService({ env: env() })
    let other = startService({ env: env() })
    await Promise.all([survivor.ready, other.ready])
    let killed = false
    const writers = Promise.all([1, 2, 3, 4].map((seed) => write(seed, () => killed)))
    for (let kills = 0; kills < 3; kills += 1) {
      await eventually(
        async () =>
          (await database.run(`select from sincewire_jobs.job where name = 'delta' and state = 'active'`))
            .length > 0,
      )
      other.kill('SIGKILL')
      await other.ended
      other = startService({ env: env() })
      await other.ready
    }
    killed = true
    await writers
    await eventually(caughtUp, 30_000)
    await expectInLine(database, feed, fresh)
    await Promise.all([survivor.stop(), other.stop()])
  },
)

test(
  'a process killed in the middle of a taker loses nothing: another one takes the same keys',
  { timeout: 120_000 },
  async () => {
    const doomed = startService({ env: env() })
    await doomed.ready
    await database.run('update public.slow set seconds = 0.05')
    await database.run('update public.busy set n = 1000 where no <= 100')
    const inTheMiddle = () =>
      database.run(
        `select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep' and application_name = 'sincewire background'`,
      )
    // a job whose process was killed before comes back when its heartbeat has been missing for ten seconds
    await eventually(async () => (await inTheMiddle()).length > 0, 40_000)
    doomed.kill('SIGKILL')
    await doomed.ended
    expect((await logged(database, feed)).length).toBeGreaterThan(0)
    await database.run('update public.slow set seconds = 0')
    const heir = startService({ env: env() })
    await heir.ready
    await eventually(caughtUp, 40_000)
    await expectInLine(database, feed, fresh)
    await heir.stop()
  },
)
