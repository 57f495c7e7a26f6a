import type { z } from 'zod'
import type { DbOrTx } from '../../db/pool.ts'

/**
 * One sort of file that `sincewire load` takes. To add one: make its file beside this one and list it in kinds.ts.
 */
export interface LoadKind<Row = unknown> {
  /** What one record of the file may be: CSV gives text, with undefined for an empty cell; JSON gives values. */
  readonly record: z.ZodType<Row>
  /** What is wrong with a record is told without its values, which are somebody's. */
  readonly personal?: boolean
  /** What is there once in a file; two records of one key are an error. */
  key(row: Row): string
  /** Puts rows in, in place of those of the same keys. No key twice in the whole file. */
  save(tx: DbOrTx, rows: readonly Row[]): Promise<void>
  /** Looks at the whole before it is kept; throws `refused` to keep nothing. */
  finish?(tx: DbOrTx): Promise<void>
}

/** Keeps the row's type to the kind itself. */
export function loadKind<Row>(kind: LoadKind<Row>): LoadKind {
  return kind
}
