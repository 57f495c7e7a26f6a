import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { invalid } from '../../domain/errors.ts'
import { plainTextFault } from '../../domain/registration/text.ts'
import { fieldErrors, type Checked } from './validation.ts'

/**
 * Parameters of a query, matched exactly (newer contract): a blank value is not "not given", a parameter stands once,
 * one that is not known is refused. Messages are the end of a sentence that begins with the parameter.
 */
const ONCE = 'must be given once'
const GIVEN = { error: ({ input }: { input: unknown }) => (input === undefined ? 'is required' : ONCE) }

/** For services without parameters. */
export const noQuery = z.strictObject({})

/** Text of at most so many characters. */
export function queryText(max: number) {
  return z
    .string(GIVEN)
    .min(1, 'must not be blank')
    .max(max, `must be at most ${max} characters`)
    .refine((text) => plainTextFault(text) === undefined, 'must not hold control characters')
}

/** A whole number, its digits alone. */
export function queryWhole(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`
  return z
    .string(GIVEN)
    .refine((text) => /^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max, message)
    .openapi({ type: 'integer', minimum: min, maximum: max })
}

/** Items on a page. */
export function queryLimit(what: string, byDefault: number) {
  return z
    .string(GIVEN)
    .regex(/^(?!0+$)\d{1,6}$/, 'must be 1 to 6 digits, not zero')
    .optional()
    .openapi({ description: `${what} on a page; ${byDefault} when not given` })
}

/** A route's hook: answers what is wrong with the parameters. */
export function refuseQuery(result: Checked, c: Context): undefined {
  if (!result.success) throw invalid(fieldErrors(result.error.issues, c.req.query(), ''))
}

/** The text of a query with those parameters that are there. */
export function formatQuery(parameters: Record<string, string | undefined>): string {
  const given = Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== undefined)
  return new URLSearchParams(given).toString()
}
