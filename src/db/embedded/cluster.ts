import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unusable } from '../../domain/errors.ts'
import { commandFor, type Launcher } from './account.ts'
import type { Binaries } from './binaries.ts'

export interface Cluster {
  /** The folder that PostgreSQL calls its data directory. */
  readonly data: string
  /** The superuser's, who is called postgres. */
  readonly password: string
}

/**
 * The cluster in `home`, made on first use. Logins need a password (kept in the data folder, mode 600): the
 * server listens on 127.0.0.1, where every user of the machine could come in otherwise.
 */
export function openCluster(dataDir: string, home: string, binaries: Binaries, launcher: Launcher): Cluster {
  const data = join(home, 'data')
  const passwordFile = join(dataDir, 'superuser')
  if (existsSync(data)) {
    refuseOtherMajor(dataDir, data, binaries.major)
    if (!existsSync(passwordFile))
      throw unusable(
        `The data folder ${dataDir} has lost its file superuser, which holds the database's password.`,
      )
    return { data, password: readFileSync(passwordFile, 'utf8').trim() }
  }
  const password = randomBytes(24).toString('base64url')
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  initialise(home, data, password, binaries, launcher)
  return { data, password }
}

function refuseOtherMajor(dataDir: string, data: string, major: number): void {
  const found = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim()
  if (found === String(major)) return
  throw unusable(
    `The data folder ${dataDir} was made by PostgreSQL ${found}, but this is PostgreSQL ${major}: move the data with a dump, or choose another folder with SINCEWIRE_DATA_DIR.`,
  )
}

/** Runs initdb beside the final place and renames, so that a crash leaves no half-made cluster behind. */
function initialise(
  home: string,
  data: string,
  password: string,
  binaries: Binaries,
  launcher: Launcher,
): void {
  const unfinished = join(home, 'data.new')
  const passwordFile = join(home, 'password.new')
  rmSync(unfinished, { recursive: true, force: true })
  writeFileSync(passwordFile, password, { mode: 0o600 })
  if (launcher.account) chownSync(passwordFile, launcher.account.uid, launcher.account.gid)
  // Byte order whatever the machine's locale; since 17 PostgreSQL brings Unicode's letters along itself.
  const locale = binaries.major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : []
  const { file, args, options } = commandFor(launcher, true, join(binaries.bin, 'initdb'), [
    '-D',
    unfinished,
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    ...locale,
    '--no-instructions',
  ])
  try {
    execFileSync(file, args, { ...options, stdio: 'pipe', encoding: 'utf8' })
  } catch (error) {
    const { stderr } = error as { stderr?: string }
    throw unusable(`PostgreSQL could not make its cluster in ${home}: ${lastLine(stderr)}.`, error)
  } finally {
    rmSync(passwordFile, { force: true })
  }
  renameSync(unfinished, data)
}

function lastLine(text: string | undefined): string {
  const lines = (text ?? '').trim().split('\n')
  return (
    (lines.find((line) => line.includes('error:')) ?? lines.at(-1) ?? '').replace(/\.$/, '') ||
    'no reason given'
  )
}
