import { chmodSync, mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cleanUp } from './cleanUp.ts'
import { removeDataFolder } from '../../src/db/embedded/index.ts'

/** A folder that is gone after the test, describe or file it was called in, with whatever cluster a data folder in it keeps elsewhere. */
export function scratch(): string {
  const folder = scratchFolder()
  cleanUp(() => {
    for (const name of readdirSync(folder)) removeDataFolder(join(folder, name))
    removeDataFolder(folder)
  })
  return folder
}

/** Not removed by itself. Others may pass through, so that a PostgreSQL of root's can live in it. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sincewire-test-'))
  chmodSync(folder, 0o711)
  return folder
}
