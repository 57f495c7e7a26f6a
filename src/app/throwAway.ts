import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeDataFolder } from '../db/embedded/index.ts'

/** A data folder for one run. Remove it when the app on it has stopped. */
export function throwAwayFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'sincewire-'))
  return { path, remove: () => removeDataFolder(path) }
}
