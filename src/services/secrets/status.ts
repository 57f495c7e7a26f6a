import type { Db } from '../../db/pool.ts'
import { countSealed } from '../../db/sealed.ts'
import type { Vault } from '../../secrets/vault.ts'
import { SEALED } from './registry.ts'

export interface KeyStatus {
  readonly keyId: string
  /** The one that seals. */
  readonly current: boolean
  /** How many values in the database it has sealed. */
  readonly secrets: number
}

/** Every master key at hand, the current one first, with what it still has to open. */
export async function secretsStatus(db: Db, vault: Vault): Promise<readonly KeyStatus[]> {
  const counts = await countSealed(db, SEALED)
  return vault.keyIds.map((keyId, at) => ({ keyId, current: at === 0, secrets: counts.get(keyId) ?? 0 }))
}
