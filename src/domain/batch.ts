/** The running status of the nightly batch (document 004, "Get Batch Run Status Services"). */
export interface BatchStatus {
  readonly running: boolean
  readonly inventoryRunning: boolean
  readonly costingRunning: boolean
  /** A batch is about to start. */
  readonly startWarning: boolean
}

export const BATCH_PARTS = ['inventory', 'costing'] as const
export type BatchPart = (typeof BATCH_PARTS)[number]
export const BATCH_EVENTS = ['start', 'end', 'warn'] as const
export type BatchEvent = (typeof BATCH_EVENTS)[number]

const idle: BatchStatus = {
  running: false,
  inventoryRunning: false,
  costingRunning: false,
  startWarning: false,
}

/**
 * What an event makes of the status, or a sentence that says why it cannot be.
 *
 *              the whole night                      a part of it
 *   start      running, no warning                  that part runs, the night too; no warning
 *   end        nothing runs, no warning             that part no longer runs; the night goes on
 *   warn       warning; not while the night runs    warning; not while that part runs
 */
export function changeBatch(
  status: BatchStatus,
  event: BatchEvent,
  part: BatchPart | undefined,
): BatchStatus | string {
  const flag = part === undefined ? 'running' : FLAGS[part]
  switch (event) {
    case 'start':
      return { ...status, running: true, [flag]: true, startWarning: false }
    case 'end':
      return part === undefined ? idle : { ...status, [flag]: false }
    case 'warn':
      return status[flag] ? `The ${part ?? 'nightly'} batch runs already.` : { ...status, startWarning: true }
  }
}

/** A write service that is refused while a batch runs: by the end of its path, and for which part of the night. */
export interface BatchRefusal {
  /** e.g. `webhooks/manage`, for a path that ends in /webhooks/manage. */
  readonly service: string
  /** Undefined: while any part of the night runs. */
  readonly part: BatchPart | undefined
}

/** From a setting's `webhooks/manage` or `webhooks/manage:costing`; undefined when it is neither. */
export function parseBatchRefusal(text: string): BatchRefusal | undefined {
  const parts = /^([\w-]+(?:\/[\w-]+)*)(?::(inventory|costing))?$/.exec(text.trim())
  return parts?.[1] === undefined ? undefined : { service: parts[1], part: parts[2] as BatchPart | undefined }
}

export function coversPath({ service }: BatchRefusal, path: string): boolean {
  return path.endsWith(`/${service}`)
}

/** Whether the batch that runs now is one that the service is refused for. */
export function isRefused(refusal: BatchRefusal, status: BatchStatus): boolean {
  return refusal.part === undefined
    ? status.running || status.inventoryRunning || status.costingRunning
    : status[FLAGS[refusal.part]]
}

const FLAGS = { inventory: 'inventoryRunning', costing: 'costingRunning' } as const
