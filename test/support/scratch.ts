import { chmodSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { removeDataFolder } from '../../src/db/embedded/index.ts'

/** A folder that is gone after the tests of this file, with whatever cluster a data folder in it keeps elsewhere. */
export function scratch(): string {
  const folder = scratchFolder()
  afterAll(() => removeDataFolder(folder))
  return folder
}

/** Not removed by itself. Others may pass through, so that a PostgreSQL of root's can live in it. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sincewire-test-'))
  chmodSync(folder, 0o711)
  return folder
}
