/** What a database error means to a capture. */
export type Failure =
  /** A lock was not to be had, or others had to go first: try again. */
  | 'busy'
  /** A sentence of sql/0003_capture.sql for whoever asked. */
  | 'refused'
  /** An expression, path or document that PostgreSQL does not take. */
  | 'unfit'
  /** A row elsewhere still names what was to be deleted. */
  | 'in use'
  | 'other'

/** Judges an error by its SQLSTATE. */
export function judgeFailure(error: unknown): Failure {
  const code = sqlState(error)
  if (['55P03', '40P01', '40001'].includes(code)) return 'busy'
  if (code === 'SW001') return 'refused'
  if (code === '23503') return 'in use'
  if (/^(22|42)|^(23514|21000)$/.test(code)) return 'unfit'
  return 'other'
}

function sqlState(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}
