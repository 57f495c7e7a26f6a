import { countSealed, readSealed } from '../../src/db/sealed.ts'
import { insertCredential } from '../../src/db/credential.ts'
import { findMasterKeys } from '../../src/secrets/masterKey.ts'
import type { Vault } from '../../src/secrets/vault.ts'
import { sealContent } from '../../src/services/credential/content.ts'
import { SEALED } from '../../src/services/secrets/registry.ts'
import type { TestDatabase } from '../support/index.ts'

/** Credentials C0, C1, … with the secrets secret-of-C0, …, as registrations leave them. */
export async function plant(database: TestDatabase, vault: Vault, count: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    const name = `C${at}`
    const content = sealContent(vault, name, { type: 'APIKEY', apikey: `secret-of-${name}` })
    await insertCredential(database.db, { credential_name: name, ...content })
  }
}

/** Every stored secret in the clear, opened by the keys that are in the file now. Throws when one does not open. */
export async function openAll(database: TestDatabase, file: string): Promise<readonly string[]> {
  const keys = findMasterKeys({ setting: undefined, file })
  const opened: string[] = []
  for (const column of SEALED) {
    for (const { row, sealed } of await readSealed(database.db, column, '', 100_000)) {
      opened.push(keys?.vault.open(sealed, column.context(row)) ?? '')
    }
  }
  return opened
}

/** How many values each key has sealed, by their rows' word. */
export async function sealedBy(database: TestDatabase): Promise<Record<string, number>> {
  return Object.fromEntries(await countSealed(database.db, SEALED))
}
