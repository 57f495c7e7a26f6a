import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { unusable } from '../../domain/errors.ts'
import type { SavedListener } from './listener.ts'

const chain = z.object({ since: z.string(), before: z.string(), complete: z.boolean(), furthest: z.string() })
const record = z.record(z.string(), z.unknown())
const file = z.object({
  listeners: z.array(
    z.object({
      listenerName: z.string(),
      service: z.string(),
      chain: chain.nullable(),
      records: z.array(z.tuple([z.string(), record])),
    }),
  ),
})

/** What an earlier run left in the file; nothing when there is none. Throws `unusable` when it is something else. */
export function readState(path: string): readonly SavedListener[] {
  if (!existsSync(path)) return []
  try {
    return file.parse(JSON.parse(readFileSync(path, 'utf8'))).listeners
  } catch (error) {
    throw unusable(`${path} is not a state file of sincewire listen.`, error)
  }
}

/** Writes the file as a whole: a crash leaves the one before. Throws `unusable` where it cannot be written. */
export function writeState(path: string, listeners: readonly SavedListener[]): void {
  const lines = listeners.map(({ records, ...rest }) => {
    const list = records.map((one) => JSON.stringify(one)).join(',\n')
    return `${JSON.stringify(rest).slice(0, -1)},"records":[\n${list}]}`
  })
  const temporary = `${path}.${process.pid}.tmp`
  try {
    writeFileSync(temporary, `{"listeners":[${lines.join(',\n')}]}\n`)
    renameSync(temporary, path)
  } catch (error) {
    throw unusable(`${path} cannot be written.`, error)
  }
}
