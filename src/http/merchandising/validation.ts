import type { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { invalid, SincewireError, shown, type FieldError } from '../../domain/errors.ts'
import { inputValueOf, isSecretPlace } from '../../domain/registration/inputValue.ts'

type Issue = z.core.$ZodIssue

/** What a route's hook is given. */
export type Checked =
  | { readonly success: true }
  | { readonly success: false; readonly error: z.core.$ZodError }

/** Of the unknown keys of one object, so many are named: the answer must not be many times what was sent. */
const NAMED_KEYS = 20

/**
 * What zod found, as the documented validationErrors. `field` is a bean path from the operation's name (document 004
 * shows `createRecord.arg0.approveInd`): `manage.items[0].pageLimit`; a query parameter goes by its own name.
 * `input` is what was sent; secrets in it are not shown.
 */
export function fieldErrors(issues: readonly Issue[], input: unknown, bean: string): FieldError[] {
  return issues.flatMap((issue): FieldError[] => {
    if (issue.code === 'unrecognized_keys') {
      // The value is not shown: it may be a secret whose field is misspelt.
      return issue.keys.slice(0, NAMED_KEYS).map((key) => ({
        error: 'is not a known field',
        field: beanPath(bean, [...issue.path, shown(key) ?? '']),
        inputValue: null,
      }))
    }
    const field = issue.path.findLast((part) => typeof part === 'string') ?? ''
    return [
      {
        error: messageOf(issue),
        field: beanPath(bean, issue.path),
        inputValue: isSecretPlace(issue.path) ? null : inputValueOf(field, valueAt(input, issue.path)),
      },
    ]
  })
}

/** A route's hook: answers what is wrong with a JSON body, its fields named from the operation's bean. */
export function refuseBody(bean: string) {
  const refuse = async (error: z.core.$ZodError, c: Context): Promise<never> => {
    throw invalid(fieldErrors(error.issues, await sentJson(c), bean))
  }
  return (result: Checked, c: Context) => (result.success ? undefined : refuse(result.error, c))
}

/** The JSON body that a hook is asked about; undefined where the call had none. */
export async function sentJson(c: Context): Promise<unknown> {
  const text = await c.req.text()
  if (text === '') return undefined
  // Without a content type the validator takes no look at the body, and calls it empty.
  if (!c.req.header('content-type')) throw new HTTPException(415, { message: 'The content type is missing' })
  return JSON.parse(text) as unknown
}

/** Runs a verb whose field errors name fields as the domain does, and puts the bean's name before them. */
export async function withBean<T>(bean: string, verb: Promise<T>): Promise<T> {
  try {
    return await verb
  } catch (error) {
    if (!(error instanceof SincewireError) || error.code !== 'invalid') throw error
    const fields = error.fields.map((field) => ({ ...field, field: beanPath(bean, [field.field]) }))
    throw new SincewireError('invalid', error.message, { fields, cause: error })
  }
}

function messageOf(issue: Issue): string {
  if (issue.code === 'invalid_type' && issue.expected === 'object') return 'must be an object'
  return issue.message
}

function beanPath(bean: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>((before, part) => {
    if (typeof part === 'number') return `${before}[${part}]`
    return before === '' ? String(part) : `${before}.${String(part)}`
  }, bean)
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Record<PropertyKey, unknown>)[part]
  }
  return value
}
