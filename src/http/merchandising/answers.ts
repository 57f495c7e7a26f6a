import { z } from '@hono/zod-openapi'

const fieldError = z.object({
  error: z.string().openapi({ example: 'must be one of Y, N' }),
  field: z.string().openapi({ example: 'manage.items[0].enabled' }),
  inputValue: z.string().nullable(),
})

const businessError = z.object({ service: z.string(), errorMessage: z.string() })

/** The documented error: what is wrong with the input, and what the rules of the business refuse. */
function errorOf<Refusal extends z.ZodType>(refusal: Refusal) {
  return z.object({
    status: z.literal('ERROR'),
    message: z.string(),
    validationErrors: z.array(fieldError).optional(),
    businessError: z.array(refusal).optional(),
  })
}

export const errorAnswer = errorOf(businessError).openapi('Error')

/** Of services that document their refusals as sentences. */
export const sentenceErrorAnswer = errorOf(z.string()).openapi('ErrorInSentences')

export const successAnswer = z
  .object({ status: z.literal('SUCCESS'), message: z.string() })
  .openapi('Success')

export const link = z.object({ href: z.string(), rel: z.enum(['self', 'next']) })

/** A JSON answer in a route's list of answers. */
export function json<T extends z.ZodType>(description: string, schema: T) {
  return { description, content: { 'application/json': { schema } } }
}

/** What every route of the family may answer besides success. */
export const failures = {
  400: json('Something in the input is wrong or refused; nothing was changed', errorAnswer),
}

/** For what may be another client's. */
export const foreign = {
  403: json('The client may not do that, or it belongs to another client', errorAnswer),
}

/** For what may not be there. */
export const missing = { 404: json('There is no such thing', errorAnswer) }
