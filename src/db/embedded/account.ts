import { execFileSync, type SpawnOptions } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { unusable } from '../../domain/errors.ts'

/** A user of this machine, as /etc/passwd names it. */
export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** How PostgreSQL's programs are started: as whom, and whether they end when this process does. */
export interface Launcher {
  /** Undefined: as ourselves. PostgreSQL refuses to run as root, so root needs somebody else. */
  readonly account: Account | undefined
  /** Where setpriv is, if this system has one that can tie a child's life to ours. */
  readonly setpriv: string | undefined
}

export interface Command {
  readonly file: string
  readonly args: string[]
  readonly options: SpawnOptions
}

/** Decides as whom to run. `owner`: the uid that an existing cluster belongs to. */
export function chooseLauncher(owner: number | undefined, setpriv = findSetpriv()): Launcher {
  if (process.getuid?.() !== 0) return { account: undefined, setpriv }
  const accounts = readAccounts()
  const account =
    accounts.find((a) => owner !== undefined && owner !== 0 && a.uid === owner) ??
    accounts.find((a) => a.name === 'postgres') ??
    accounts.find((a) => a.name === 'nobody')
  if (!account) {
    throw unusable(
      'PostgreSQL does not run as root and this system has neither a user postgres nor a user nobody: start Sincewire as an ordinary user, or set DATABASE_URL.',
    )
  }
  return { account, setpriv }
}

/**
 * The command that runs a program through the launcher. `tied`: the program gets SIGINT (PostgreSQL: a clean
 * shutdown) when the thread that spawned it ends, even by kill -9; so spawn it from the main thread.
 */
export function commandFor(
  launcher: Launcher,
  tied: boolean,
  file: string,
  args: readonly string[],
): Command {
  const { account, setpriv } = launcher
  // A folder that everybody may enter, and none of our own PG* variables: they would change the server.
  const options: SpawnOptions = { cwd: '/', env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' } }
  const tie = tied ? ['--pdeathsig', 'INT'] : []
  if (setpriv && account) {
    const become = [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--init-groups']
    return { file: setpriv, args: [...become, ...tie, file, ...args], options }
  }
  if (setpriv && tied) return { file: setpriv, args: [...tie, file, ...args], options }
  if (account) return { file, args: [...args], options: { ...options, uid: account.uid, gid: account.gid } }
  return { file, args: [...args], options }
}

/** Whether the launcher's account can write in a folder. Asked by trying, since modes are not the whole truth. */
export function canWriteIn(launcher: Launcher, folder: string): boolean {
  return succeeds(commandFor(launcher, false, '/bin/sh', ['-c', 'cd "$1" && test -w .', 'sh', folder]))
}

/** Runs a command for its exit code alone. */
export function succeeds(command: Command): boolean {
  try {
    execFileSync(command.file, command.args, { ...command.options, stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function findSetpriv(): string | undefined {
  return (
    ['/usr/bin/setpriv', '/bin/setpriv']
      .filter((path) => existsSync(path))
      // busybox has a setpriv without this option
      .find((file) => succeeds({ file, args: ['--pdeathsig', 'INT', 'true'], options: {} }))
  )
}

function readAccounts(): Account[] {
  if (!existsSync('/etc/passwd')) return []
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 4)
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
}
