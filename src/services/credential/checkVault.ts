import { countForeignSecrets } from '../../db/credential.ts'
import type { Db } from '../../db/pool.ts'
import { unusable } from '../../domain/errors.ts'
import type { Vault } from '../../secrets/vault.ts'

/**
 * At start: every stored secret was sealed with the master key at hand. Throws `unusable` with one sentence
 * otherwise, and touches nothing: the right key still opens everything.
 */
export async function checkVault(db: Db, vault: Vault): Promise<void> {
  const foreign = await countForeignSecrets(db, vault.keyId)
  if (foreign === 0) return
  throw unusable(
    `The database holds ${foreign} secret${foreign === 1 ? '' : 's'} sealed with another master key than this one (id ${vault.keyId}): start with the key that sealed them.`,
  )
}
