import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type * as Capture from '../../src/services/capture/index.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Why a former release cannot be had here; undefined when it can. */
export function unavailable(commit: string): string | undefined {
  try {
    execFileSync('git', ['cat-file', '-e', `${commit}^{commit}`], { cwd: ROOT, stdio: 'pipe' })
    return undefined
  } catch {
    return 'it needs the history of the repository, for a former release'
  }
}

/** Puts that commit's files into a new folder, beside the packages of this release. Needs `unavailable` to be undefined. */
export function checkOut(commit: string, folder: string): string {
  mkdirSync(folder)
  const archive = execFileSync('git', ['archive', commit, 'src', 'sql', 'config', 'package.json'], {
    cwd: ROOT,
    maxBuffer: 2 ** 28,
  })
  execFileSync('tar', ['x', '-C', folder], { input: archive })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/** What starts a release's processes. */
export function launcherOf(folder: string): string {
  return join(folder, 'src/sincewire.js')
}

/** How a release captures tables; default: this one. */
export async function captureOf(folder = ROOT): Promise<typeof Capture> {
  return (await import(pathToFileURL(join(folder, 'src/services/capture/index.ts')).href)) as typeof Capture
}
