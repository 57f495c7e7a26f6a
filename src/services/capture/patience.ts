import pRetry from 'p-retry'
import { judgeFailure } from '../../db/capture/failure.ts'
import { SincewireError } from '../../domain/errors.ts'

/** What a long piece of work takes from its caller. */
export interface WorkOptions {
  readonly onProgress?: (progress: WorkProgress) => void
  /** Stops between two steps: what is done stays, and the same call goes on from there. */
  readonly signal?: AbortSignal
}

export interface WorkProgress {
  readonly done: number
  /** An estimate; grows when it was too low. */
  readonly total: number
}

export interface Patience {
  /** What to say when it is never found. */
  readonly told: string
  readonly signal?: AbortSignal | undefined
  /** Somebody was in the way: before the next try. */
  readonly onBusy?: () => void
}

/**
 * A step that waits only briefly for locks, so that nobody waits long behind it, is tried again until it finds the
 * gap that it needs. Throws `unavailable` after some minutes.
 */
export async function patiently<T>(step: () => Promise<T>, { told, signal, onBusy }: Patience): Promise<T> {
  try {
    return await pRetry(step, {
      retries: 120,
      minTimeout: 50,
      factor: 1.5,
      maxTimeout: 3_000,
      randomize: true,
      shouldRetry: ({ error }) => judgeFailure(error) === 'busy',
      onFailedAttempt: () => onBusy?.(),
      ...(signal && { signal }),
    })
  } catch (error) {
    stopIfAsked(signal)
    if (judgeFailure(error) !== 'busy') throw error
    throw new SincewireError('unavailable', told, { cause: error })
  }
}

/** Throws when the caller was told to stop. */
export function stopIfAsked(signal: AbortSignal | undefined): void {
  if (signal?.aborted)
    throw new SincewireError('unavailable', 'Stopped half-way: run the same again to go on.')
}
