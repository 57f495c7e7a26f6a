import { chmodSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { unusable } from '../../domain/errors.ts'

/** Held while this process uses a data folder. */
export interface Lock {
  release(): void
}

/**
 * Takes the data folder for this process, or returns undefined when another one has it. Node has no flock();
 * an SQLite file has the same promise: the kernel drops its lock when the process ends, however it ends,
 * so there is nothing stale to clean up, and it holds between containers that share the folder.
 */
export function lockFolder(dataDir: string): Lock | undefined {
  const database = openLockFile(dataDir)
  try {
    database.exec('pragma locking_mode = exclusive; begin exclusive')
  } catch (error) {
    database.close()
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return undefined
    throw unwritable(dataDir, error)
  }
  return { release: () => database.close() }
}

const SQLITE_BUSY = 5

function openLockFile(dataDir: string): DatabaseSync {
  const file = join(dataDir, 'lock')
  try {
    const database = new DatabaseSync(file, { timeout: 0 })
    chmodSync(file, 0o600) // who can read it could lock it
    return database
  } catch (error) {
    throw unwritable(dataDir, error)
  }
}

/** The one sentence for a data folder that is not ours to write. */
export function unwritable(dataDir: string, error: unknown): Error {
  const { code, message } = error as { code?: string; message?: string }
  const why = (code === 'ERR_SQLITE_ERROR' ? message : code) ?? 'unknown reason'
  return unusable(
    `The data folder ${dataDir} cannot be written (${why}): change its owner, or choose another with SINCEWIRE_DATA_DIR.`,
    error,
  )
}

/** Whether nobody holds a data folder right now. */
export function isFolderFree(dataDir: string): boolean {
  if (!existsSync(join(dataDir, 'lock'))) return true
  const lock = lockFolder(dataDir)
  lock?.release()
  return lock !== undefined
}
