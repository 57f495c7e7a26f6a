import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  rmdirSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import { unusable } from '../../domain/errors.ts'
import { canWriteIn, type Launcher } from './account.ts'
import { unwritable } from './lock.ts'

/*
 * A data folder:
 *   lock         held by the process that uses it
 *   run.json     how other processes of ours reach the running server (mode 600)
 *   superuser    the server's password (mode 600)
 *   master.key   what seals secrets at rest (mode 600; made by the service)
 *   postgres/    owned by PostgreSQL's account: the socket, and data/, the cluster.
 *                A link to a folder below /var/lib/sincewire when that account cannot reach the data folder.
 */

/** Where root keeps what PostgreSQL's account cannot reach elsewhere, e.g. below /root. */
export const REACHABLE_ROOT = '/var/lib/sincewire'

/** Makes the data folder if needed and returns its real path. Refuses one that cannot be written. */
export function openDataFolder(dataDir: string): string {
  try {
    // Others may pass through (root hands postgres/ to another account) but not look around.
    mkdirSync(dataDir, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 })
    return realpathSync(dataDir)
  } catch (error) {
    throw unwritable(dataDir, error)
  }
}

/** The uid that the cluster in a data folder belongs to, if there is one. */
export function clusterOwner(dataDir: string): number | undefined {
  const home = join(dataDir, 'postgres')
  return existsSync(home) ? statSync(home).uid : undefined
}

/** The folder that PostgreSQL's account owns; made on first use. `moved` says where, if not in the data folder. */
export function openHome(dataDir: string, launcher: Launcher): { home: string; moved?: string } {
  const home = join(dataDir, 'postgres')
  if (!lstatSync(home, { throwIfNoEntry: false })) return makeHome(dataDir, home, launcher)
  if (!existsSync(home)) {
    throw unusable(
      `The data folder ${dataDir} points to a cluster that is gone: remove ${home} to start with an empty one.`,
    )
  }
  const real = realpathSync(home)
  if (!canWriteIn(launcher, real)) {
    const who = launcher.account?.name ?? 'this user'
    throw unusable(`The data folder ${dataDir} holds a cluster in ${real} that ${who} cannot reach or write.`)
  }
  return { home: real }
}

function makeHome(dataDir: string, home: string, launcher: Launcher): { home: string; moved?: string } {
  try {
    mkdirSync(home, { mode: 0o700 })
  } catch (error) {
    throw unwritable(dataDir, error)
  }
  const { account } = launcher
  if (!account) return { home }
  chownSync(home, account.uid, account.gid)
  if (canWriteIn(launcher, home)) return { home }

  rmdirSync(home)
  const root = openReachableRoot()
  const mark = createHash('sha256').update(dataDir).digest('hex').slice(0, 12)
  const moved = mkdtempSync(join(root, `${mark}-`))
  chownSync(moved, account.uid, account.gid)
  symlinkSync(moved, home)
  return { home: moved, moved }
}

/** Makes root's folder for what must be reachable. */
export function openReachableRoot(): string {
  try {
    mkdirSync(REACHABLE_ROOT, { recursive: true })
    chmodSync(REACHABLE_ROOT, 0o755)
  } catch (error) {
    throw unwritable(REACHABLE_ROOT, error)
  }
  return REACHABLE_ROOT
}

/** Removes a throw-away data folder, wherever its cluster is. Nothing may be running on it. */
export function removeDataFolder(dataDir: string): void {
  const home = join(dataDir, 'postgres')
  if (existsSync(home)) rmSync(realpathSync(home), { recursive: true, force: true })
  rmSync(dataDir, { recursive: true, force: true })
}
