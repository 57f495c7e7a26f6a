import { EPOCH, toIsoMillis, type Instant } from './instant.ts'

/**
 * Why a since cannot be used any more, as the end of a sentence; undefined when it can. Deleted records up to
 * `prunedBefore` are gone for good, so whoever starts below it would keep records that were deleted. 1970 is a full
 * download into an empty copy, which has nothing to delete.
 */
export function prunedFault(
  since: Instant,
  floor: Instant,
  prunedBefore: Instant | null,
): string | undefined {
  if (since === EPOCH || prunedBefore === null || floor >= prunedBefore) return undefined
  return `lies before ${toIsoMillis(prunedBefore)}: deletes up to then have been pruned, and some would be missed; start anew from 1970, into an empty copy`
}
