import { keyFile, type KeyFile } from './keyFile.ts'
import { createVault, type Vault } from './vault.ts'

export interface MasterKeySource {
  /** The setting's 32 bytes; undefined: none given. */
  readonly setting: Buffer | undefined
  /** Keys that still open what they sealed. */
  readonly previous?: readonly Buffer[]
  /** Where a key is kept that was generated for want of a setting; in the data folder. */
  readonly file: string
}

export interface MasterKeys {
  readonly vault: Vault
  /** Undefined where a setting gives the key. */
  readonly file: KeyFile | undefined
}

/**
 * The vault over the keys at hand: the setting's, else the file's. Undefined when there is neither: nothing has been
 * made then, see makeMasterKey. Throws `unusable` with one sentence.
 */
export function findMasterKeys({
  setting,
  previous = [],
  file: path,
}: MasterKeySource): MasterKeys | undefined {
  if (setting) return { vault: createVault({ key: setting, previous }), file: undefined }
  const file = keyFile(path)
  const [key, ...others] = file.read()
  if (!key) return undefined
  return { vault: createVault({ key, previous: [...others, ...previous], reread: rereading(file) }), file }
}

/**
 * As findMasterKeys, but a key is made where there is none, in a file of mode 600. Whoever loses it loses the
 * credentials, and nothing else.
 */
export async function makeMasterKey(source: MasterKeySource): Promise<MasterKeys> {
  const found = findMasterKeys(source)
  if (found) return found
  await keyFile(source.file).generate()
  return makeMasterKey(source)
}

/** A file that has gone or is damaged takes no key from a process that runs. */
function rereading(file: KeyFile): () => readonly Buffer[] | undefined {
  return () => {
    try {
      const keys = file.read()
      return keys.length === 0 ? undefined : keys
    } catch {
      return undefined
    }
  }
}
