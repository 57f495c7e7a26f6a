import type { MiddlewareHandler } from 'hono'
import { coversPath, isRefused, type BatchRefusal, type BatchStatus } from '../domain/batch.ts'
import { SincewireError, unusable } from '../domain/errors.ts'
import { answerFor } from './errors.ts'
import type { Api, ApiEnv } from './room.ts'

/** Which of our write services are refused while the nightly batch runs. */
export interface BatchGuard {
  readonly refuse: readonly BatchRefusal[]
  readonly retryAfterSeconds: number
  status(): Promise<BatchStatus>
}

const READS = ['GET', 'HEAD', 'OPTIONS']

/**
 * Answers 503 with Retry-After to a listed write service while its batch runs: the caller can tell it from a bad
 * payload and knows when to come back. Reading is never refused. The status is asked anew each time, since it is one
 * row and only listed services ask.
 */
export function refuseDuringBatch(guard: BatchGuard): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const { method, path } = c.req
    const listed = READS.includes(method) ? [] : guard.refuse.filter((refusal) => coversPath(refusal, path))
    if (listed.length > 0) {
      const status = await guard.status()
      const refusal = listed.find((each) => isRefused(each, status))
      if (refusal) {
        // Answered here, not thrown: nothing failed, so it is no line for the log.
        const {
          status: code,
          headers,
          body,
        } = answerFor(away(refusal, guard.retryAfterSeconds), c.get('correlationId'))
        return c.json(body, code, headers)
      }
    }
    return next()
  }
}

/** Throws `unusable` when a listed service is none of ours that writes: it would protect nothing. */
export function checkRefusals(api: Api, { refuse }: BatchGuard): void {
  const paths = api.openAPIRegistry.definitions.flatMap((definition) =>
    definition.type === 'route' && !READS.includes(definition.route.method.toUpperCase())
      ? [definition.route.path]
      : [],
  )
  const unknown = refuse.find((refusal) => !paths.some((path) => coversPath(refusal, path)))
  if (unknown) {
    const known = paths.join(', ')
    throw unusable(
      `The setting batch.refuseWrites names ${unknown.service}, which no write service ends in: ${known}.`,
    )
  }
}

function away({ service, part }: BatchRefusal, retryAfterSeconds: number): SincewireError {
  const batch = part === undefined ? 'nightly' : `nightly ${part}`
  return new SincewireError(
    'unavailable',
    `${service} is not available while the ${batch} batch runs; try again in ${retryAfterSeconds} seconds`,
    { retryAfterSeconds },
  )
}
