import { z } from 'zod'
import { parseDay } from '../../domain/day.ts'
import { plainTextFault } from '../../domain/registration/text.ts'

/** Cells of a record. Messages are the end of a sentence that begins with the field. */
const isMissing = (value: unknown) => value === undefined || value === null
const orMissing = (message: string) => ({
  error: ({ input }: { input: unknown }) => (isMissing(input) ? 'is required' : message),
})

/** Text of 1 to so many characters. */
export function textCell(max: number) {
  return z
    .string(orMissing('must be text'))
    .min(1, 'is required')
    .max(max, `must be at most ${max} characters`)
    .superRefine((value, context) => {
      const fault = plainTextFault(value)
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
    })
}

/** A whole number, in CSV its digits. */
export function wholeCell(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`
  return z.preprocess(
    (value) => (typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value),
    z.int(orMissing(message)).min(min, message).max(max, message),
  )
}

/** Y or N; when missing, what it is by default. */
export function yesNoCell(byDefault: 'Y' | 'N') {
  return z.preprocess((value) => value ?? byDefault, z.enum(['Y', 'N'], 'must be one of Y, N'))
}

export function dayCell() {
  const message = 'must be a day such as 2026-11-20'
  return z.string(orMissing(message)).refine((text) => parseDay(text) !== undefined, message)
}

export function oneOfCell<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, orMissing(`must be one of ${words.join(', ')}`))
}
