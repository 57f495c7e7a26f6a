import type { DbOrTx } from '../../db/pool.ts'
import { countSealed } from '../../db/sealed.ts'
import { unusable } from '../../domain/errors.ts'
import type { Vault } from '../../secrets/vault.ts'
import { SEALED } from './registry.ts'

/**
 * At start, before anything is changed: every stored secret was sealed with a master key at hand. Throws `unusable`
 * with one sentence otherwise: the right key still opens everything. `find` gives undefined when there is no key.
 */
export async function checkVault(db: DbOrTx, find: () => Vault | undefined): Promise<void> {
  const counts = await countSealed(db, SEALED)
  // Looked for afterwards: a key that is used has been written to its place before.
  const vault = find()
  const known = vault?.keyIds ?? []
  const foreign = [...counts].filter(([keyId]) => !known.includes(keyId))
  const count = foreign.reduce((sum, [, each]) => sum + each, 0)
  if (count === 0) return
  const ids = foreign.map(([keyId]) => keyId).toSorted()
  const sealed = `${count} secret${count === 1 ? '' : 's'} sealed with`
  const named = `(id ${ids.join(', ')})`
  throw unusable(
    vault
      ? `The database holds ${sealed} another master key ${named} than this one (id ${vault.keyId}): start with the key that sealed them.`
      : `The database holds ${sealed} a master key ${named} that is neither set nor in the data folder: start with the key that sealed them.`,
  )
}
