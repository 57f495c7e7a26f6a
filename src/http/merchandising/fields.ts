import { z } from '@hono/zod-openapi'
import { parseInstant } from '../../domain/instant.ts'
import { parseHeaders } from '../../domain/registration/headers.ts'
import { pemFault, plainTextFault } from '../../domain/registration/text.ts'

/**
 * Fields of a registration call. Absent, null and a blank text mean the same: unchanged (or the default, for what is
 * new); they come out as undefined. Messages are the end of a sentence that begins with the field.
 */
type Fault = (text: string) => string | undefined

/** Text of at most so many characters that also passes the given rules. */
export function text(max: number, ...faults: readonly Fault[]) {
  return z
    .preprocess(blankIsAbsent, plainText(max, faults).optional())
    .openapi({ type: ['string', 'null'], maxLength: max })
}

/** Text that must be there. */
export function requiredText(max: number, ...faults: readonly Fault[]) {
  return z
    .preprocess(blankIsAbsent, plainText(max, faults))
    .openapi({ type: 'string', minLength: 1, maxLength: max })
}

/** Text that an empty string leaves unchanged and blank spaces clear: they come out as null. */
export function clearableText(max: number, ...faults: readonly Fault[]) {
  return z
    .preprocess(
      (value) => (clears(value) ? null : blankIsAbsent(value)),
      plainText(max, faults).nullable().optional(),
    )
    .openapi({ type: ['string', 'null'], maxLength: max, description: 'blank spaces clear it' })
}

/** A PEM text, in lines. */
export function pemText(max: number) {
  return z
    .preprocess(blankIsAbsent, linesOf(max).optional())
    .openapi({ type: ['string', 'null'], maxLength: max })
}

/** A PEM text that blank spaces clear. */
export function clearablePemText(max: number) {
  return z
    .preprocess((value) => (clears(value) ? null : blankIsAbsent(value)), linesOf(max).nullable().optional())
    .openapi({ type: ['string', 'null'], maxLength: max, description: 'PEM; blank spaces clear it' })
}

/** A whole number in a range. */
export function wholeNumber({ min, max }: { readonly min: number; readonly max: number }) {
  return z
    .preprocess(blankIsAbsent, number(min, max).optional())
    .openapi({ type: ['integer', 'null'], minimum: min, maximum: max })
}

/** A whole number that must be there. */
export function requiredNumber({ min, max }: { readonly min: number; readonly max: number }) {
  return z
    .preprocess(blankIsAbsent, number(min, max))
    .openapi({ type: 'integer', minimum: min, maximum: max })
}

/** Y or N, as a boolean. */
export function yesNo() {
  const yn = z.enum(['Y', 'N'], 'must be one of Y, N').transform((value) => value === 'Y')
  return z
    .preprocess(blankIsAbsent, yn.optional())
    .openapi({ type: ['string', 'null'], enum: ['Y', 'N', '', null] })
}

/** One of some words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z
    .preprocess(blankIsAbsent, z.enum(words, `must be one of ${words.join(', ')}`).optional())
    .openapi({ type: ['string', 'null'], enum: [...words, '', null] })
}

/** One word, which blank spaces clear. */
export function clearableWord<const Word extends string>(word: Word) {
  return z
    .preprocess(
      (value) => (clears(value) ? null : blankIsAbsent(value)),
      z.literal(word, `must be ${word}`).nullable().optional(),
    )
    .openapi({ type: ['string', 'null'], description: 'blank spaces clear it' })
}

/** Headers by name; none at all clears them. */
export function headers() {
  const parsed = z
    .custom<object>((value) => typeof value === 'object' && !Array.isArray(value), HEADERS)
    .transform((value, context) => {
      const read = parseHeaders(value)
      if (read.kind === 'headers') return read.headers
      for (const { name, error } of read.faults) {
        context.addIssue({ code: 'custom', message: error, path: name === undefined ? [] : [name] })
      }
      return z.NEVER
    })
  return z
    .preprocess(blankIsAbsent, parsed.optional())
    .openapi({ type: ['object', 'null'], additionalProperties: { type: 'string' } })
}

const HEADERS = 'must be an object of names and texts'

/** A moment, `YYYY-MM-DDTHH:mm:ss.SSSZ`. */
export function moment() {
  const parsed = z.string(MOMENT).transform((value, context) => {
    const instant = parseInstant(value)
    if (instant === undefined) context.addIssue({ code: 'custom', message: MOMENT })
    return instant ?? z.NEVER
  })
  return z
    .preprocess(blankIsAbsent, parsed.optional())
    .openapi({ type: ['string', 'null'], format: 'date-time' })
}

const MOMENT = 'must be a date-time such as 2026-11-20T20:46:00.000Z, from 1970 on'

function blankIsAbsent(value: unknown): unknown {
  return value === null || (typeof value === 'string' && value.trim() === '') ? undefined : value
}

function clears(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.trim() === ''
}

function plainText(max: number, faults: readonly Fault[]) {
  return anyText(max, [plainTextFault, ...faults])
}

function linesOf(max: number) {
  return anyText(max, [pemFault])
}

function anyText(max: number, faults: readonly Fault[]) {
  return z
    .string({ error: ({ input }) => (input === undefined ? 'is required' : 'must be text') })
    .max(max, `must be at most ${max} characters`)
    .superRefine((value, context) => {
      for (const fault of faults) {
        const message = fault(value)
        if (message !== undefined) context.addIssue({ code: 'custom', message })
      }
    })
}

function number(min: number, max: number) {
  const range = `must be from ${min} to ${max}`
  return z
    .int({ error: ({ input }) => (input === undefined ? 'is required' : 'must be a whole number') })
    .min(min, range)
    .max(max, range)
}
