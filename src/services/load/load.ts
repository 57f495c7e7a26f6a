import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { logAction } from '../../db/change.ts'
import type { Db, DbOrTx } from '../../db/pool.ts'
import { invalid, shown, unusable, type FieldError } from '../../domain/errors.ts'
import { readCsv } from './csv.ts'
import { readJson } from './json.ts'
import type { LoadKind } from './kind.ts'
import { FileFault, type FileRecord } from './record.ts'

const ROWS_A_STATEMENT = 1000
/** Enough to see what is wrong with a file; the rest is likely more of the same. */
const FAULTS_SHOWN = 20

export interface LoadOptions {
  /** Ends in .csv or .json. */
  readonly file: string
  /** Bytes read, of how many. */
  readonly onProgress?: (done: number, total: number) => void
}

/**
 * Loads a file into its tables in one transaction, as it reads it, and returns how many records it held: all of them
 * or none. Throws `invalid` naming the lines and fields that are wrong, `unusable` when the file cannot be read.
 */
export function loadFile(db: Db, kind: LoadKind, options: LoadOptions): Promise<number> {
  return db.transaction().execute((tx) => loadInto(tx, kind, options))
}

/** The same inside a transaction. */
export async function loadInto(tx: DbOrTx, kind: LoadKind, options: LoadOptions): Promise<number> {
  const faults: FieldError[] = []
  const lines = new Map<string, number>()
  let rows: unknown[] = []
  const flush = async () => {
    if (rows.length > 0 && faults.length === 0) await kind.save(tx, rows)
    rows = []
  }
  try {
    for await (const { line, value } of await recordsOf(options)) {
      const parsed = kind.record.safeParse(value)
      if (!parsed.success) {
        faults.push(
          ...parsed.error.issues.flatMap((issue) => faultsOf(issue, line, kind.personal ? {} : value)),
        )
      } else {
        const key = kind.key(parsed.data)
        const before = lines.get(key)
        if (before !== undefined) faults.push(fault(line, `repeats ${key} of line ${before}`))
        lines.set(key, line)
        rows.push(parsed.data)
      }
      if (faults.length >= FAULTS_SHOWN) break
      if (rows.length >= ROWS_A_STATEMENT) await flush()
    }
  } catch (error) {
    if (!(error instanceof FileFault)) throw error
    faults.push(fault(error.line, error.message))
  }
  if (faults.length > 0) throw refuse(options.file, faults)
  await flush()
  await kind.finish?.(tx)
  // Their tables are the business's, which writes them as it likes: loading them is what is administration.
  if (kind.personal) {
    await logAction(tx, {
      objectKind: 'people',
      objectName: '',
      operation: 'LOAD',
      told: { records: lines.size },
    })
  }
  return lines.size
}

async function recordsOf({ file, onProgress }: LoadOptions): Promise<AsyncIterable<FileRecord>> {
  const format = /\.(csv|json)$/i.exec(file)?.[1]?.toLowerCase()
  if (format === undefined) throw unusable(`The file ${file} must end in .csv or .json.`)
  try {
    const { size } = await stat(file)
    const chunks = bytesOf(file, (done) => onProgress?.(done, size))
    return format === 'csv' ? readCsv(chunks) : readJson(chunks)
  } catch (error) {
    throw unreadable(file, error)
  }
}

async function* bytesOf(file: string, onRead: (done: number) => void): AsyncGenerator<Buffer> {
  let done = 0
  try {
    for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
      yield chunk
      onRead((done += chunk.length))
    }
  } catch (error) {
    throw unreadable(file, error)
  }
}

function unreadable(file: string, error: unknown) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  return unusable(`The file ${file} cannot be read: ${code === 'ENOENT' ? 'there is none' : code}.`, error)
}

type Issue = {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly keys?: readonly string[]
}

function faultsOf(issue: Issue, line: number, value: unknown): FieldError[] {
  // An unknown field's value is not shown: it may be anything.
  if (issue.keys) return issue.keys.map((key) => fault(line, 'is not a known field', key))
  const field = issue.path.map(String).join('.')
  if (field === '') return [fault(line, 'must be an object')]
  const given = typeof value === 'object' && value !== null && Object.hasOwn(value, field)
  const input = given ? (value as Record<string, unknown>)[field] : null
  return [{ ...fault(line, issue.message, field), inputValue: shown(input) }]
}

function fault(line: number, error: string, field?: string): FieldError {
  return { error, field: field === undefined ? `line ${line}` : `line ${line}, ${field}`, inputValue: null }
}

function refuse(file: string, faults: readonly FieldError[]) {
  const some = faults.slice(0, FAULTS_SHOWN)
  const more = faults.length >= FAULTS_SHOWN ? ` (the first ${some.length} faults)` : ''
  return invalid(some, `The file ${file} was not loaded, nothing was changed${more}:`)
}
