import * as codes from '../../db/code.ts'
import type { Db } from '../../db/pool.ts'
import { notFound } from '../../domain/errors.ts'

export type { CodeDetail } from '../../db/code.ts'

/** One code of a type. Throws `not_found`. */
export async function findCode(db: Db, codeType: string, code: string): Promise<codes.CodeDetail> {
  const found = await codes.findCode(db, codeType, code)
  if (!found) throw notFound()
  return found
}
