import type { Db } from '../../db/pool.ts'
import { listAccess, type EntityAccess } from './access.ts'
import { findPeople, type FoundPeople } from './find.ts'
import { maskPeople } from './mask.ts'

/** The verbs of the Data Privacy API, as a front door gets them. */
export interface PrivacyServices {
  find(customerId: string): Promise<FoundPeople>
  mask(customerId: string): Promise<number>
  listAccess(): Promise<readonly EntityAccess[]>
}

export interface PrivacyParts {
  readonly db: Db
  /** Without a limit on statements: a masking looks through the deleted records of the services it concerns. */
  readonly patientDb: Db
}

/** Binds the verbs of the Data Privacy API. */
export function createPrivacyServices({ db, patientDb }: PrivacyParts): PrivacyServices {
  return {
    find: (customerId) => findPeople(db, customerId),
    mask: (customerId) => maskPeople(patientDb, customerId),
    listAccess: () => listAccess(db),
  }
}
