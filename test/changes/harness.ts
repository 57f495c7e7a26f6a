import { run } from '../../src/cli/run.ts'
import type { TestDatabase } from '../support/index.ts'

export interface Entry {
  readonly change_id: number
  readonly actor: string
  readonly role: string | null
  readonly via: string
  readonly address: string | null
  readonly correlation_id: string | null
  readonly login: string
  readonly application: string
  readonly object_kind: string
  readonly object_name: string
  readonly operation: string
  readonly before: Readonly<Record<string, unknown>> | null
  readonly after: Readonly<Record<string, unknown>> | null
}

/** The log's entries that `work` leaves, in order. */
export function watchLog(database: TestDatabase) {
  const read = async (after: number) =>
    (await database.run(
      `select l.*, change_id::int as change_id from sincewire.change_log l where change_id > ${after} order by l.change_id`,
    )) as unknown as Entry[]
  return async (work: () => Promise<unknown>): Promise<Entry[]> => {
    const before = (await read(0)).at(-1)?.change_id ?? 0
    await work()
    return read(before)
  }
}

/** What an entry tells of, in a word or three; without the number of a request. */
export const subject = ({ operation, object_kind, object_name }: Entry) =>
  [operation, object_kind, object_name.replace(/\/\d+$/, '')].filter(Boolean).join(' ')

/** Command lines in this process, on a database; the data folder has its master key. */
export function commandLine(databaseUrl: string, dataDir: string) {
  const env = { DATABASE_URL: databaseUrl, SINCEWIRE_DATA_DIR: dataDir }
  return async (...args: readonly string[]): Promise<void> => {
    const code = await run({ args, env, signal: new AbortController().signal })
    if (code !== 0) throw new Error(`sincewire ${args.join(' ')} ended with ${code}`)
  }
}
