import { readVirtualDate } from '../../db/period.ts'
import type { Db } from '../../db/pool.ts'
import { notFound } from '../../domain/errors.ts'
import type { VirtualDate } from '../../domain/virtualDate.ts'

/** The virtual business date. Throws `not_found` when nobody has set it. */
export async function virtualDate(db: Db): Promise<VirtualDate> {
  const date = await readVirtualDate(db)
  if (!date) throw notFound('The virtual business date is not set')
  return date
}
