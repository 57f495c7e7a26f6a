import type { FieldError } from './errors.ts'

/**
 * What steers a background job (B8D_PROCESS_CONFIG, document 004, "Update Background Job Configuration").
 *
 *                     delta/<service>             refresh                        prune
 *   numThreads        takers side by side         requests side by side          always 1
 *   numDataToProcess  logged keys a run           records before a request       rows of each kind a run
 *                                                 gives way to others
 *   commitMaxCtr      logged keys a transaction   records a transaction          rows a transaction
 *   archiveInd Y      processed keys are kept     finished requests are          not possible
 *                     in a history                never pruned
 */
export interface ProcessSettings {
  readonly numThreads: number
  readonly numDataToProcess: number
  readonly commitMaxCtr: number
  readonly archive: boolean
}

/** A change: what is not given stays as it is. */
export type ProcessChange = { readonly [K in keyof ProcessSettings]?: ProcessSettings[K] | undefined }

/** The highest value of each number; the lowest is 1. */
export const PROCESS_LIMITS = { numThreads: 32, numDataToProcess: 1_000_000, commitMaxCtr: 10_000 } as const

export const PROCESS_NAME_LENGTH = 106 // delta/ and a service's name

/** What a job cannot take of values that are in themselves in range. */
export function processFaults(job: string, change: ProcessChange): FieldError[] {
  if (job !== 'prune') return []
  const { numThreads = 1, archive = false } = change
  return [
    ...(numThreads === 1
      ? []
      : [
          {
            error: 'must be 1: the job prune has no threads',
            field: 'numThreads',
            inputValue: String(numThreads),
          },
        ]),
    ...(archive
      ? [{ error: 'must be N: what the job prune removes is not kept', field: 'archiveInd', inputValue: 'Y' }]
      : []),
  ]
}
