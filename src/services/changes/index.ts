import type { Db } from '../../db/pool.ts'
import type { ChangePageQuery } from '../../db/change.ts'
import { listChangePage, type ChangePage } from './list.ts'

/** So that front doors say who changes what is changed in their work. */
export { asChanger } from '../../db/changer.ts'
export type { ChangePage } from './list.ts'

/** What the front door needs of the log of changes. */
export interface ChangeServices {
  /** Where callers reach us, no slash at its end. Known once we listen. */
  readonly publicUrl: () => string
  list(query: ChangePageQuery): Promise<ChangePage>
}

/** Binds the verbs. */
export function createChangeServices(db: Db, publicUrl: () => string): ChangeServices {
  return { publicUrl, list: (query) => listChangePage(db, query) }
}
