import { judgeFailure } from '../../db/capture/failure.ts'
import { refused, type SincewireError } from '../../domain/errors.ts'

/** The refusal of a capture, rebuild or removal: a sentence on top, and each reason. */
export function refuse(service: string, done: string, reasons: readonly string[]): SincewireError {
  const business = reasons.map((errorMessage) => ({ service, errorMessage }))
  return refused(business, `The service ${service} cannot be ${done}`)
}

/** A refusal that comes as an error of the database; any other error as it is. */
export function refusalOf(error: unknown, service: string, done: string): unknown {
  const failure = judgeFailure(error)
  if (failure !== 'refused' && failure !== 'unfit') return error
  return refuse(service, done, [sentenceOf(error)])
}

/** What PostgreSQL said, with where it said it. */
export function sentenceOf(error: unknown): string {
  const { message, detail } = error as { message?: string; detail?: string }
  return detail ? `${message} (${detail})` : String(message)
}

/** Somebody else works on the service. */
export function taken(service: string): SincewireError {
  return refuse(service, 'worked on now', ['another process is capturing, rebuilding or removing it'])
}
