import { NOT_IN_ORDER } from '../../db/privacy.ts'
import { refused, SincewireError } from '../../domain/errors.ts'

/**
 * Runs a query over personal data. What PostgreSQL says of a failure may show a row or a parameter, and errors reach
 * the log: only the SQLSTATE and the constraint's name come through. A rule of a table that forbids the change
 * (class 23), a document that cannot be made with it (class 22) and a listing of personal data that is not in order
 * throw `refused`.
 */
export async function quietly<T>(query: Promise<T>): Promise<T> {
  try {
    return await query
  } catch (error) {
    if (error instanceof SincewireError) throw error
    const { code, constraint, message } = told(error)
    if (code === NOT_IN_ORDER) throw business(message)
    if (code.startsWith('23')) {
      throw business(`A rule of the table forbids these values${constraint ? `: ${constraint}` : ''}`)
    }
    if (code.startsWith('22'))
      throw business('A table, or the view of a published document, cannot take these values')
    throw Object.assign(new Error('a query over personal data failed'), { code })
  }
}

function business(errorMessage: string): SincewireError {
  return refused([{ service: 'privatedata', errorMessage }])
}

function told(error: unknown): {
  readonly code: string
  readonly constraint: string
  readonly message: string
} {
  const { code, constraint, message } = error as { code?: unknown; constraint?: unknown; message?: unknown }
  const text = (value: unknown) => (typeof value === 'string' ? value : '')
  return { code: text(code), constraint: text(constraint), message: text(message) }
}
