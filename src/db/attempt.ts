import { sql, type RawBuilder } from 'kysely'
import type { DbOrTx } from './pool.ts'
import type { AttemptTable } from './tables/attempt.ts'

/** An attempt as it is kept; the moment it began is reckoned back from the database's clock. */
export type NewAttempt = Omit<AttemptTable, 'attempt_id' | 'attempted_at'>

/** Keeps an attempt that decided nothing. */
export async function insertAttempt(db: DbOrTx, attempt: NewAttempt): Promise<void> {
  await insertAttemptSql(attempt).execute(db)
}

/** The insert as a fragment, so that a save and its attempt are one statement. */
export function insertAttemptSql(attempt: NewAttempt): RawBuilder<unknown> {
  const row = { ...attempt, answer: printable(attempt.answer), error: printable(attempt.error) }
  const columns = Object.keys(row) as (keyof typeof row)[]
  return sql`insert into sincewire.attempt (${sql.join(columns.map((c) => sql.ref(c)))}, attempted_at)
    values (${sql.join(columns.map((c) => sql.val(row[c])))},
            clock_timestamp() - make_interval(secs => ${attempt.duration_ms}::float8 / 1000))`
}

/** Removes attempts older than so many days, at most `atMost` of them; returns how many went. */
export async function pruneAttempts(db: DbOrTx, olderThanDays: number, atMost: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from sincewire.attempt where attempt_id in (
      select attempt_id from sincewire.attempt
      where attempted_at < statement_timestamp() - make_interval(days => ${olderThanDays})
      order by attempted_at limit ${atMost})`.execute(db)
  return Number(numAffectedRows ?? 0)
}

// PostgreSQL's text holds no NUL; a receiver's answer may.
function printable(text: string | null): string | null {
  return text === null ? null : text.replaceAll('\u0000', '\ufffd')
}
